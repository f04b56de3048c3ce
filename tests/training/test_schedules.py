import pytest

from aigc_keras.training.config import resolve_precision
from aigc_keras.training.schedules import decayed_learning_rate


@pytest.mark.parametrize(
    "step, expected",
    [(0, 0.01), (99, 1.0), (199, 2.0), (1200, 2.0), (1600, 1.0), (2000, 0.04)],
)
def test_up_flat_and_down(step, expected):
    assert decayed_learning_rate(2.0, step, 2000) == pytest.approx(expected)


def test_a_short_run_warms_up_over_a_tenth():
    rates = [decayed_learning_rate(1.0, step, 50) for step in range(50)]
    assert rates[:6] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])
    assert decayed_learning_rate(1.0, 0, 1) == 1.0


def test_precision_follows_the_processor(monkeypatch):
    assert resolve_precision("float32") == "float32"
    for flags, expected in (("avx512_bf16", "mixed_bfloat16"), ("sse", "float32")):
        monkeypatch.setattr("pathlib.Path.read_text", lambda self, f=flags: f)
        assert resolve_precision("auto") == expected
