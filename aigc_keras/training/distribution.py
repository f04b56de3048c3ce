"""How a run is spread over devices and machines."""

import contextlib
import json
import os

import tensorflow as tf

from aigc_keras.training.config import RunError

DISTRIBUTIONS = ("none", "mirrored", "multi_worker")


def strategy(name):
    """Return a `tf.distribute.Strategy`, or None for `"none"`.

    Args:
        name: str. `"none"`; `"mirrored"`, every device of this machine; or
            `"multi_worker"`, the machines in the environment variable `TF_CONFIG`,
            to be called before TensorFlow computes anything.

    Returns:
        `tf.distribute.MirroredStrategy` over the GPUs, or the processors where there
        are none; `tf.distribute.MultiWorkerMirroredStrategy`; or None.

    Raises:
        RunError: If the name is unknown, `TF_CONFIG` is missing or no JSON, or
            TensorFlow has computed already.
    """
    if name not in DISTRIBUTIONS:
        raise RunError(
            f"`distribute` must be one of {DISTRIBUTIONS}. Received: {name!r}"
        )
    if name == "none":
        return None
    if name == "mirrored":
        devices = tf.config.list_logical_devices("GPU")
        devices = devices or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    _check_cluster(os.environ.get("TF_CONFIG"))
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise RunError(
            "`multi_worker` must be chosen before TensorFlow computes anything. "
            f"Received: {error}"
        ) from error


def _check_cluster(text):
    expected = (
        "`multi_worker` needs the environment variable TF_CONFIG, such as "
        '{"cluster": {"worker": ["a:2222", "b:2222"]}, '
        '"task": {"type": "worker", "index": 0}}, or --workers on one machine. '
    )
    try:
        config = json.loads(text or "")
        workers, task = config["cluster"]["worker"], config["task"]
        fits = task["type"] == "worker" and 0 <= task["index"] < len(workers)
    except (ValueError, TypeError, KeyError):
        fits = False
    if not fits:
        raise RunError(f"{expected}Received: TF_CONFIG={text!r}")


def is_first_worker(name):
    """Return whether this process is the one that writes and prints."""
    if name != "multi_worker":
        return True
    return json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 0


class Distribution:
    """The part of one process in a run.

    Args:
        name: str. See `strategy`.

    Raises:
        RunError: As `strategy`.
    """

    def __init__(self, name="none"):
        self.strategy = strategy(name)
        self.is_chief = is_first_worker(name)
        self.several_processes = name == "multi_worker"

    def check(self, config):
        """Refuse settings that cannot be spread.

        Raises:
            RunError: If the batch cannot be shared, gradients are accumulated, or a
                measurement of one process would decide for all.
        """
        if self.strategy is None:
            return
        if config.gradient_accumulation > 1:
            raise RunError(
                "Gradients cannot be accumulated on several replicas; use more of them "
                "or a smaller batch. Received: gradient_accumulation="
                f"{config.gradient_accumulation}"
            )
        unit = 2 * self.strategy.num_replicas_in_sync
        if unit > 2 and config.batch_size % unit:
            raise RunError(
                f"`batch_size` must be a multiple of {unit}, twice the number of "
                f"replicas. Received: batch_size={config.batch_size}"
            )
        if self.several_processes and (config.minutes or config.early_stopping):
            raise RunError(
                "Several processes need a number of steps, without early stopping. "
                f"Received: minutes={config.minutes}, "
                f"early_stopping={config.early_stopping!r}"
            )

    def scope(self):
        """Return the context in which the model that learns is made."""
        if self.strategy is None:
            return contextlib.nullcontext()
        return self.strategy.scope()

    def chief_first(self, work):
        """Return what a function returns, called by the chief before all others."""
        if self.is_chief:
            result = work()
            self.wait()
            return result
        self.wait()
        return work()

    def wait(self):
        """Return when every process has come as far."""
        if self.several_processes:
            _meet(self.strategy)


def _meet(strategy):
    @tf.function
    def meet():
        return strategy.run(
            lambda: tf.distribute.get_replica_context().all_reduce(
                tf.distribute.ReduceOp.SUM, tf.ones((1,))
            )
        )

    meet()


@contextlib.contextmanager
def lost_workers_named():
    """Turn the failure of another process into a `RunError` of one line."""
    lost = (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.DeadlineExceededError,
        tf.errors.CancelledError,
    )
    try:
        yield
    except lost as error:
        reason = str(error).splitlines()[0][:200]
        raise RunError(
            "Another worker ended, and so this one does; the same command on all "
            f"machines goes on from the last checkpoint. Received: {reason}"
        ) from error
