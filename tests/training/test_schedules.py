import pytest

from aigc_keras.training.config import resolve_precision
from aigc_keras.training.schedules import decayed_learning_rate


@pytest.mark.parametrize(
    "step, expected", [(0, 2.0), (59, 2.0), (60, 2.0), (80, 1.0), (100, 0.04)]
)
def test_flat_then_down(step, expected):
    assert decayed_learning_rate(2.0, step, 100) == pytest.approx(expected)


def test_precision_follows_the_processor(monkeypatch):
    assert resolve_precision("float32") == "float32"
    for flags, expected in (("avx512_bf16", "mixed_bfloat16"), ("sse", "float32")):
        monkeypatch.setattr("pathlib.Path.read_text", lambda self, f=flags: f)
        assert resolve_precision("auto") == expected
