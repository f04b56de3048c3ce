"""A run is started, watched and stopped from the page."""

import signal
import sys
import time

import pytest

from aigc_keras.studio import training_process
from aigc_keras.studio.train_tab import ALIGNMENT, LOSSES, MOST_POINTS, as_table
from aigc_keras.studio.training_process import TrainingProcess
from aigc_keras.training import RunFolder

PROGRAM = """
import signal, sys, time
print("step 1 of", sys.argv[sys.argv.index("--steps") + 1], flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped", flush=True)
    sys.exit(130)
"""


@pytest.fixture
def process(monkeypatch):
    """A process that runs another program than ours, which takes no seconds."""

    def command(arguments):
        return [sys.executable, "-c", PROGRAM, *arguments]

    monkeypatch.setattr(training_process, "own_command", command)
    process = TrainingProcess()
    yield process
    process.stop()


def wait_for(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_one_run_at_a_time_until_it_is_stopped(process, tmp_path):
    run = str(tmp_path / "run")
    process.start(run, "shapes", "tiny_32", 7)
    assert process.running == run
    wait_for(lambda: process.state(run) == "running, no step yet: step 1 of 7")
    with pytest.raises(ValueError, match="stop it first"):
        process.start(str(tmp_path / "other"), "shapes", "tiny_32", 7)
    process.stop()
    assert process.running is None
    assert process.state(run) == "not running, no step yet"
    process.stop()
    process.start(run, "shapes", "tiny_32", 7)
    assert process.running == run


def test_it_is_stopped_where_the_studio_itself_ignores_ctrl_c(
    process, tmp_path, monkeypatch
):
    def command(arguments):
        program = "import time; print('ready', flush=True); time.sleep(100)"
        return [sys.executable, "-c", program]

    monkeypatch.setattr(training_process, "own_command", command)
    monkeypatch.setattr(training_process, "WAIT", 20)
    run = str(tmp_path / "run")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start(run, "none", "tiny_32", 7)
    finally:
        signal.signal(signal.SIGINT, before)
    wait_for(lambda: process.state(run).endswith("ready"))
    process.stop()
    # Killed it would have failed.
    assert process.state(run) == "not running, no step yet"


def test_a_run_that_fails_says_why(process, tmp_path, monkeypatch):
    def command(arguments):
        return [sys.executable, "-c", "import sys; sys.exit('no such data')"]

    monkeypatch.setattr(training_process, "own_command", command)
    run = str(tmp_path / "run")
    process.start(run, "none", "tiny_32", 7)
    wait_for(lambda: process.running is None)
    assert process.state(run) == "failed, no step yet: no such data"


def test_a_run_of_another_day_is_looked_at(process, tmp_path):
    run = RunFolder(tmp_path)
    run.append_metrics({"step": 50, "generator_loss": 1.5})
    assert process.state(str(tmp_path)) == "not running, step 50"


def test_curves_are_tables():
    entries = [
        {"step": i, "generator_loss": i / 2, "judge_matching": 1.0}
        for i in range(1, 1001)
    ]
    table = as_table(entries, LOSSES)
    assert set(table["name"]) == {"generator_loss"}
    assert MOST_POINTS <= len(table) <= MOST_POINTS * 1.2
    assert (table["value"] == table["step"] / 2).all()
    assert set(as_table(entries, ALIGNMENT)["value"]) == {1.0}
    assert as_table([], LOSSES) is None
