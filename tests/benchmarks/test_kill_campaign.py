"""One kill of the campaign; the benchmark itself does fifty."""

import importlib.util
import pathlib

import pytest

PATH = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "kill_campaign.py"


@pytest.mark.slow
def test_a_kill_at_a_random_moment_changes_nothing(tiny_settings, begin_run, tmp_path):
    spec = importlib.util.spec_from_file_location("kill_campaign", PATH)
    campaign = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(campaign)
    settings = {**tiny_settings, "steps": 24}
    # A kill while they are trained: tests/training/test_trainer.py.
    for name in ("unbroken", "broken_0"):
        begin_run(tmp_path / name)
    figures = campaign.run_campaign(settings, tmp_path, kills=1, seed=5)
    sound = {"unreadable": 0, "steps": [24], "different": 0, "same_log": True}
    assert figures == {"kills": [1], **sound}
