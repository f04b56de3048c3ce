"""How many threads TensorFlow computes with."""

import contextlib
import os

import tensorflow as tf


def share_threads():
    """Let TensorFlow run two operations of a GAN's step side by side.

    Two networks are there to be computed, there and back, and what the weights of one
    learn need not wait for the other: half of the cores inside an operation, and two
    operations at a time, leave them idle less often than all of them inside one
    operation after the other. On two cores a step takes four fifths of the time.

    Call it before TensorFlow computes anything; later it does nothing, nor where
    `TF_NUM_INTRAOP_THREADS` says otherwise or a GPU computes.
    """
    if "TF_NUM_INTRAOP_THREADS" in os.environ or tf.config.list_physical_devices("GPU"):
        return
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(max(1, _cores() // 2))


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


def _cores():
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
