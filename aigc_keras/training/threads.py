"""How many threads TensorFlow computes with."""

import contextlib
import os

import tensorflow as tf


def share_threads():
    """Let TensorFlow run two operations of a GAN's step side by side, on two cores.

    Two networks are there to be computed, there and back, and what the weights of one
    learn need not wait for the other: with a core for each of two operations less of
    both is idle than with both of them inside one operation after the other. A GAN's
    step in bfloat16 then takes four fifths of the time; matching captions and pictures
    nine tenths, encoding captions five fourths. In float32 nobody has measured it.

    TensorFlow has one pool of threads for the insides of all operations. With four
    cores or more half of them would be idle now and then: there it does nothing, nor
    where a GPU computes, the numbers of threads are set, or TensorFlow has computed
    already.
    """
    threading = tf.config.threading
    by_user = (
        threading.get_intra_op_parallelism_threads(),
        threading.get_inter_op_parallelism_threads(),
        os.environ.get("TF_NUM_INTRAOP_THREADS"),
        os.environ.get("TF_NUM_INTEROP_THREADS"),
    )
    gpus = tf.config.get_visible_devices("GPU")
    if any(by_user) or gpus or _cores() not in (2, 3):
        return
    with contextlib.suppress(RuntimeError):
        threading.set_intra_op_parallelism_threads(1)


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
