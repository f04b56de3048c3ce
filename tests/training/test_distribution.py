"""Runs that are spread over devices and processes."""

import json
import os
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

from aigc_keras.training import RunError, RunFolder, TrainingConfig, distribution
from aigc_keras.training.launcher import own_command


def command(settings, run, *more):
    options = {"export": run.parent / f"{run.name}_exported", "run": run, **settings}
    arguments = []
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}", str(value)]
    return own_command(["train", *arguments, *more])


def read_weights(run, step):
    found = {}

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()])

    with h5py.File(RunFolder(run).checkpoints.weights_path(step)) as file:
        file.visititems(collect)
    return found


def relative_differences(first, second):
    """Return by name how far two weights are apart, of the first one's norm."""
    assert first.keys() == second.keys()
    return {
        name: np.linalg.norm(np.subtract(values, second[name], dtype=np.float64))
        / max(np.linalg.norm(values), 1e-2)
        for name, values in first.items()
    }


@pytest.fixture
def settings(tiny_settings):
    dropped = {"image_size", "batch_size"}
    kept = {name: x for name, x in tiny_settings.items() if name not in dropped}
    return {**kept, "batch_size": 8}


@pytest.mark.slow
def test_two_processes_train_what_one_does(settings, tmp_path):
    # Rounding moves a value over the kink of an activation now and then, and the layers
    # before it take another gradient: with seed 0 a thousandth of their length or some
    # hundredths, by the machine. Were the gradients not averaged, it would be 0.7.
    settings = {**settings, "steps": 4, "next_token_guidance": 4, "seed": 2}
    for name, more in (("one", []), ("two", ["--workers", "2"])):
        done = subprocess.run(
            command(settings, tmp_path / name, *more),
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        # The first worker alone speaks.
        assert done.stdout.count("Exported:") == 1
    one, two = (RunFolder(tmp_path / name) for name in ("one", "two"))
    assert one.checkpoints.steps() == two.checkpoints.steps() == [2, 4]
    for step in (2, 4):
        weights = (read_weights(run.path, step) for run in (one, two))
        differences = list(relative_differences(*weights).values())
        assert np.median(differences) < 1e-3 and max(differences) < 0.1
    metrics = zip(one.read_metrics(), two.read_metrics(), strict=True)
    for ours, theirs in metrics:
        assert ours == pytest.approx(theirs, rel=1e-3)
    assert (tmp_path / "two_exported" / "1" / "saved_model.pb").is_file()


def workers_of(launcher):
    path = f"/proc/{launcher.pid}/task/{launcher.pid}/children"
    with open(path) as file:
        return [int(pid) for pid in file.read().split()]


@pytest.mark.slow
def test_a_killed_worker_ends_the_run_and_the_same_command_resumes(settings, tmp_path):
    settings = {**settings, "steps": 40, "save_every": 4}
    run = RunFolder(tmp_path / "run")
    arguments = command(settings, run.path, "--workers", "2")
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while not [step for step in run.checkpoints.steps() if step >= 8]:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    workers = workers_of(process)
    os.kill(workers[1], signal.SIGKILL)
    killed = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - killed < 10
    last = [line for line in errors.splitlines() if line.strip()][-1]
    assert process.returncode == 2 and "Worker 1 of 2 was killed by SIGKILL" in last
    assert "Traceback" not in errors
    for pid in workers:
        assert not os.path.exists(f"/proc/{pid}")
    stopped = run.checkpoints.newest()
    assert 8 <= stopped < 40
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-2000:]
    assert run.checkpoints.steps()[-1] == 40
    assert [entry["step"] for entry in run.read_metrics()] == list(range(2, 41, 2))


def test_unknown_and_impossible_ways_are_refused(tiny_settings, monkeypatch):
    with pytest.raises(RunError, match="Received: 'horovod'"):
        distribution.strategy("horovod")
    assert distribution.strategy("none") is None
    wrong = (
        None,
        "{",
        "[]",
        json.dumps({"cluster": {"worker": ["a:1"]}}),
        json.dumps({"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}})
        .replace("ps", "worker")
        .replace("0}", "1}"),
    )
    for text in wrong:
        monkeypatch.delenv("TF_CONFIG", raising=False)
        if text is not None:
            monkeypatch.setenv("TF_CONFIG", text)
        with pytest.raises(RunError, match="needs the environment variable TF_CONFIG"):
            distribution.strategy("multi_worker")


class Shared:
    num_replicas_in_sync = 4


@pytest.mark.parametrize(
    "change, message",
    [
        ({"batch_size": 12}, "multiple of 8"),
        ({"batch_size": 8, "gradient_accumulation": 2}, "cannot be accumulated"),
        ({"batch_size": 8, "steps": None, "minutes": 1.0}, "number of steps"),
        ({"batch_size": 8, "early_stopping": "kernel_distance"}, "early stopping"),
    ],
)
def test_settings_that_cannot_be_shared_are_refused(tiny_settings, change, message):
    place = distribution.Distribution()
    config = TrainingConfig(**{**tiny_settings, **change})
    place.check(config)
    place.strategy, place.several_processes = Shared(), True
    with pytest.raises(RunError, match=message):
        place.check(config)


def test_a_lost_worker_is_told_in_one_line():
    import tensorflow as tf

    error = tf.errors.UnavailableError(None, None, "Collective ops is aborted\nby x")
    with pytest.raises(RunError, match="Received: Collective ops is aborted$"):
        with distribution.lost_workers_named():
            raise error
    with pytest.raises(KeyError):
        with distribution.lost_workers_named():
            raise KeyError("mine")
