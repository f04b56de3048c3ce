"""How many threads TensorFlow computes with."""

import tensorflow as tf


def set_threads(number):
    """Limit TensorFlow to a number of threads; None leaves its own choice.

    With one thread sums are taken in one order, so runs repeat bit by bit.

    Raises:
        ValueError: If the number is not positive, or TensorFlow has computed already.
    """
    if number is None:
        return
    if number < 1:
        raise ValueError(f"`threads` must be at least 1. Received: threads={number}")
    try:
        tf.config.threading.set_intra_op_parallelism_threads(number)
        tf.config.threading.set_inter_op_parallelism_threads(number)
    except RuntimeError as error:
        raise ValueError(
            "`threads` must be set before TensorFlow computes anything. "
            f"Received: threads={number}"
        ) from error
    if number == 1:
        tf.config.experimental.enable_op_determinism()
