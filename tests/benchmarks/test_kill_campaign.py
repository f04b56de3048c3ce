"""A few kills of the campaign; the benchmark itself does fifty."""

import importlib.util
import pathlib

import pytest

PATH = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "kill_campaign.py"


@pytest.mark.slow
def test_three_kills_at_random_moments_change_nothing(tiny_settings, tmp_path):
    spec = importlib.util.spec_from_file_location("kill_campaign", PATH)
    campaign = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(campaign)
    settings = {**tiny_settings, "steps": 60}
    figures = campaign.run_campaign(settings, tmp_path, kills=3, seed=0)
    kills = figures.pop("kills")
    # Later ones may find it at its end.
    assert kills >= 1
    assert figures == {"unreadable": 0, "steps": 60, "different": 0, "same_log": True}
