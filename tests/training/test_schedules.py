"""Learning rates and batch sizes along a run."""

import math

import pytest

from aigc_keras.training.config import resolve_precision
from aigc_keras.training.schedules import batch_phases, scheduled_learning_rate


@pytest.mark.parametrize(
    "step, expected",
    [(0, 0.01), (99, 1.0), (199, 2.0), (1200, 2.0), (1600, 1.0), (2000, 0.04)],
)
def test_linear_goes_up_flat_and_down(step, expected):
    assert scheduled_learning_rate(2.0, step, 2000) == pytest.approx(expected)


def test_cosine_and_constant_follow_their_formulas():
    for step in (500, 1000, 1500, 2000):
        cosine = 0.02 + 0.98 * (1 + math.cos(math.pi * step / 2000)) / 2
        rate = scheduled_learning_rate(2.0, step, 2000, "cosine")
        assert rate == pytest.approx(2 * cosine)
        assert scheduled_learning_rate(2.0, step, 2000, "constant") == 2.0


def test_a_short_run_warms_up_over_a_tenth():
    rates = [scheduled_learning_rate(1.0, step, 50) for step in range(50)]
    assert rates[:6] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])
    assert scheduled_learning_rate(1.0, 0, 1) == 1.0


def test_a_growing_batch_doubles_at_equal_parts():
    assert batch_phases(32, 90, 0) == [(90, 32)]
    assert batch_phases(16, 90, 2) == [(30, 16), (60, 32), (90, 64)]
    # However few the steps, the last part ends with the run.
    assert batch_phases(8, 1, 3)[-1] == (1, 64)


def test_precision_follows_the_processor(monkeypatch, tmp_path):
    monkeypatch.setattr("aigc_keras.training.config.CPU_INFO", tmp_path / "cpuinfo")
    assert resolve_precision("auto") == "float32"
    assert resolve_precision("float32") == "float32"
    for flags, expected in (("avx512_bf16", "mixed_bfloat16"), ("sse", "float32")):
        (tmp_path / "cpuinfo").write_text(f"flags : fpu {flags}\n")
        assert resolve_precision("auto") == expected
