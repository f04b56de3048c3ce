"""Progress is seen on a terminal and in a log."""

import time

import aigc_keras.progress
from aigc_keras.progress import progress_bar


def work(steps):
    with progress_bar("It works") as update:
        for step in range(1, steps + 1):
            update(step, steps, f"loss {step / 10}")


def test_a_log_gets_lines_while_work_runs(monkeypatch, capsys):
    monkeypatch.setattr(aigc_keras.progress, "SECONDS_BETWEEN_LINES", 0)
    work(3)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == [
        "It works: 1/3, ETA unknown loss 0.1",
        "It works: 2/3, ETA 0 s loss 0.2",
        "It works: 3/3, ETA 0 s loss 0.3",
    ]


def test_work_that_is_taken_up_again_is_timed_from_there(monkeypatch, capsys):
    monkeypatch.setattr(aigc_keras.progress, "SECONDS_BETWEEN_LINES", 0)
    with progress_bar("It works") as update:
        start = time.monotonic()
        for done, now in ((900, start + 1), (910, start + 11)):
            monkeypatch.setattr(aigc_keras.progress.time, "monotonic", lambda t=now: t)
            update(done, 1000)
        # Rich asks the clock too.
        monkeypatch.undo()
    assert "It works: 910/1000, ETA 90 s" in capsys.readouterr().err.splitlines()


def test_a_log_is_not_flooded(capsys):
    work(50)
    assert len(capsys.readouterr().err.splitlines()) == 1
