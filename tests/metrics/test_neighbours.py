"""Neighbourhoods against every distance written out."""

import tracemalloc

import numpy as np
import pytest

from aigc_keras.metrics import (
    manifold_scores,
    nearest_neighbours,
    share_too_close,
)


def by_hand(real, generated, k):
    def distances(x, y):
        return np.array([[np.linalg.norm(a - b) for b in y] for a in x])

    between = distances(real, generated)
    real_radii = np.sort(distances(real, real), axis=1)[:, k]
    generated_radii = np.sort(distances(generated, generated), axis=1)[:, k]
    inside = between <= real_radii[:, None]
    return {
        "precision": inside.any(axis=0).mean(),
        "density": inside.sum(axis=0).mean() / k,
        "recall": (between <= generated_radii[None]).any(axis=1).mean(),
        "coverage": inside.any(axis=1).mean(),
    }


def test_the_four_figures_are_their_definitions(monkeypatch):
    monkeypatch.setattr("aigc_keras.metrics.neighbours.MOST_DISTANCES", 99)
    rng = np.random.default_rng(0)
    real, generated = rng.normal(size=(30, 3)), rng.normal(0.5, 1.3, (20, 3))
    figures = manifold_scores(real, generated, k=3).means()
    for name, value in by_hand(real, generated, 3).items():
        assert figures[name] == pytest.approx(value), name


def test_a_dropped_mode_costs_recall_and_coverage_but_no_precision():
    rng = np.random.default_rng(0)
    centres = 50 * rng.normal(size=(10, 4))
    real = np.concatenate([centre + rng.normal(size=(40, 4)) for centre in centres])
    nine = [centre + rng.normal(size=(40, 4)) for centre in centres[:9]]
    whole = manifold_scores(
        real, np.concatenate([c + rng.normal(size=(40, 4)) for c in centres])
    ).means()
    dropped = manifold_scores(real, np.concatenate(nine)).means()
    assert dropped["coverage"] < whole["coverage"] - 0.05
    assert dropped["recall"] < whole["recall"] - 0.05
    assert dropped["precision"] > whole["precision"] - 0.03


def test_few_distances_are_held_at_a_time(monkeypatch):
    """Views of sorted blocks once kept every distance: 800 MB for 10,000 samples."""
    monkeypatch.setattr("aigc_keras.metrics.neighbours.MOST_DISTANCES", 20_000)
    rows = np.random.default_rng(0).normal(size=(1000, 2))
    tracemalloc.start()
    manifold_scores(rows, rows + 0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All distances of 1,000 rows are 8 MB.
    assert peak < 2e6


def test_the_nearest_of_all_is_found(monkeypatch):
    monkeypatch.setattr("aigc_keras.metrics.neighbours.MOST_DISTANCES", 6)
    references = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    places, distances = nearest_neighbours([[9, 0], [1, 1], [0, 13]], references)
    assert places.tolist() == [1, 0, 2]
    np.testing.assert_allclose(distances, [1, np.sqrt(2), 3])


def test_copies_of_training_samples_are_counted_and_new_ones_are_not():
    rng = np.random.default_rng(0)
    train, held_out = rng.normal(size=(500, 8)), rng.normal(size=(500, 8))
    fresh = rng.normal(size=(400, 8))
    copied = np.concatenate([fresh[:300], train[:100] + 1e-3])
    assert share_too_close(fresh, train, held_out)[0] < 0.04
    share, limit = share_too_close(copied, train, held_out)
    assert 0.25 <= share < 0.28
    assert limit > 1e-2


@pytest.mark.parametrize("shape", [(5, 3), (20, 2)])
def test_sets_that_cannot_be_compared_are_refused(shape):
    with pytest.raises(ValueError, match="more than k=5 rows"):
        manifold_scores(np.zeros((20, 3)), np.zeros(shape))
