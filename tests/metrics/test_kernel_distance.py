"""The kernel distance against a plain double sum, its error against repetition."""

import importlib

import numpy as np
import pytest

from aigc_keras.metrics import KernelSums, kernel_distance


def by_hand(x, y):
    def kernel(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3

    def mean(values):
        return sum(values) / len(values)

    within = sum(
        mean([kernel(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j])
        for z in (x, y)
    )
    return within - 2 * mean([kernel(a, b) for a in x for b in y])


def test_it_is_the_unbiased_double_sum():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 3)), rng.normal(1, 2, size=(4, 3))
    np.testing.assert_allclose(kernel_distance(x, y), by_hand(x, y), rtol=1e-9)
    assert kernel_distance(x, y) == pytest.approx(kernel_distance(y, x))


def test_groups_and_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(23, 3)), rng.normal(1, 2, size=(17, 3))
    # The function of that name hides the module.
    module = importlib.import_module("aigc_keras.metrics.kernel_distance")
    monkeypatch.setattr(module, "BLOCK", 5)
    sums = KernelSums(x, y, groups=4)
    assert sums.distance() == pytest.approx(by_hand(x, y))
    counts = np.array([1.0, 0.0, 1.0, 1.0])
    kept = x[np.arange(23) % 4 != 1]
    assert sums.distance(counts) == pytest.approx(by_hand(kept, y))
    scaled = KernelSums(x, y, groups=4, scale=2.5)
    assert scaled.distance() == pytest.approx(by_hand(x / 2.5, y / 2.5))


def test_samples_of_one_distribution_are_at_zero_and_others_are_not():
    rng = np.random.default_rng(1)
    values = [
        kernel_distance(rng.normal(size=(50, 4)), rng.normal(size=(50, 4)))
        for _ in range(40)
    ]
    floor = np.std(values)
    assert abs(np.mean(values)) < 3 * floor / np.sqrt(40)
    other = kernel_distance(rng.normal(size=(50, 4)), rng.normal(1, 1, (50, 4)))
    assert other > 10 * floor


def test_the_standard_error_is_how_much_repetitions_differ():
    rng = np.random.default_rng(2)
    runs = [
        KernelSums(rng.normal(size=(200, 4)), rng.normal(0.7, 1, (200, 4)), groups=40)
        for _ in range(60)
    ]
    spread = np.std([run.distance() for run in runs])
    error = np.mean([run.standard_error() for run in runs])
    assert 0.7 * spread < error < 1.4 * spread


@pytest.mark.parametrize("shape", [(1, 3), (5, 2)])
def test_sets_that_cannot_be_compared_are_refused(shape):
    with pytest.raises(ValueError, match="Received: shapes"):
        kernel_distance(np.zeros((5, 3)), np.zeros(shape))
