"""Imports TensorFlow without its greetings."""

import contextlib
import os


def import_tensorflow():
    """Import TensorFlow and start its runtime with stderr closed.

    Its C++ side writes there before it reads any setting of its own.
    """
    with _stderr_closed():
        import absl.logging
        import tensorflow as tf

        absl.logging.set_verbosity(absl.logging.ERROR)
        tf.get_logger().setLevel("ERROR")
        tf.config.list_physical_devices()


@contextlib.contextmanager
def _stderr_closed():
    saved = os.dup(2)
    silent = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silent, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(silent)
