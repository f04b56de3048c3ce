"""Nearest neighbours in feature space: fidelity, variety, memorisation."""

import dataclasses

import numpy as np

# Distances that are held at a time: 16 MB, and as much again while they are sorted.
MOST_DISTANCES = 2_000_000
# Rows that are made float64 at a time.
BLOCK = 1000


@dataclasses.dataclass(frozen=True)
class ManifoldScores:
    """What each sample adds to precision, recall, density and coverage.

    Each figure is a mean over these, so a bootstrap needs no distances again.

    Args:
        precision: bool array `(generated,)`. Whether a generated sample lies among the
            real ones.
        density: float array `(generated,)`. Among how many, over k.
        recall: bool array `(real,)`. Whether a real sample lies among the generated.
        coverage: bool array `(real,)`. Whether a generated sample is as near to a real
            one as its own k-th neighbour.
    """

    precision: np.ndarray
    density: np.ndarray
    recall: np.ndarray
    coverage: np.ndarray

    def means(self):
        """Return a dict of float, the four figures."""
        return {
            field.name: float(getattr(self, field.name).mean())
            for field in dataclasses.fields(self)
        }


def manifold_scores(real, generated, k=5):
    """Compare two sets of features by their neighbourhoods.

    A sample's neighbourhood is the ball up to its k-th nearest neighbour of its own
    set. At most `MOST_DISTANCES` distances are held at a time.

    Reference: Kynkaanniemi et al., 2019, "Improved precision and recall metric" (eq.
    2 and 3); Naeem et al., 2020, "Reliable fidelity and diversity metrics" (eq. 3, 4).

    Args:
        real: float array `(n, d)`, n above k.
        generated: float array `(m, d)`, m above k.
        k: int. Default 5.

    Returns:
        `ManifoldScores`.

    Raises:
        ValueError: If a set has too few rows, or the lengths differ.
    """
    real, generated = np.asarray(real), np.asarray(generated)
    few = min(len(real), len(generated)) <= k
    if few or k < 1 or real.shape[1:] != generated.shape[1:]:
        raise ValueError(
            f"Both sets must have more than k={k} rows, of one length. "
            f"Received: shapes {real.shape} and {generated.shape}"
        )
    real_radii = _neighbour_distances(real, k)
    generated_radii = _neighbour_distances(generated, k)
    within = np.zeros(len(generated), "int64")
    recall = np.zeros(len(real), bool)
    coverage = np.zeros(len(real), bool)
    for start, distances in _distance_blocks(real, generated):
        rows = slice(start, start + len(distances))
        near = distances <= real_radii[rows, None]
        within += near.sum(axis=0)
        coverage[rows] = near.any(axis=1)
        recall[rows] = (distances <= generated_radii[None]).any(axis=1)
    return ManifoldScores(within > 0, within / k, recall, coverage)


def nearest_neighbours(queries, references):
    """Return, for each query, the nearest reference and how far it is.

    Args:
        queries: float array `(n, d)`.
        references: float array `(m, d)`, m at least 1.

    Returns:
        Tuple of int64 `(n,)` places in `references` and float64 `(n,)` Euclidean
        distances.
    """
    places, distances = [], []
    for _, block in _distance_blocks(queries, references):
        place = block.argmin(axis=1)
        places.append(place)
        distances.append(block[np.arange(len(block)), place])
    return np.concatenate(places), np.concatenate(distances)


def share_too_close(generated, train, held_out, quantile=0.01):
    """Return the share of samples that lie suspiciously near to a training sample.

    How near a sample of the same world may lie by chance is taken from held-out real
    ones: nearer than their lowest `quantile` is too close. Where nothing was learned by
    heart the share is about `quantile`.

    Reference: Meehan et al., 2020, "A non-parametric test to detect data-copying in
    generative models" (held-out samples as the yardstick).

    Args:
        generated: float array `(n, d)`.
        train: float array `(m, d)`, what the model was trained on.
        held_out: float array `(h, d)`, real and not trained on.
        quantile: float. Default 0.01.

    Returns:
        Tuple of float: the share, and the distance below which a sample is too close.
    """
    limit = float(np.quantile(nearest_neighbours(held_out, train)[1], quantile))
    _, distances = nearest_neighbours(generated, train)
    return float((distances < limit).mean()), limit


def _neighbour_distances(rows, k):
    """Return each row's distance to its k-th nearest other row."""
    radii = [
        # The nearest is the row itself. A view would keep the whole block.
        np.partition(block, k, axis=1)[:, k].copy()
        for _, block in _distance_blocks(rows, rows)
    ]
    return np.concatenate(radii)


def _distance_blocks(x, y):
    """Yield the first row of a block of x, and its distances to all of y."""
    x, y = np.asarray(x), np.asarray(y)
    squares = np.einsum("nd,nd->n", y, y, dtype="float64")
    size = max(1, MOST_DISTANCES // max(1, len(y)))
    for start in range(0, len(x), size):
        block = x[start : start + size].astype("float64")
        distances = np.empty((len(block), len(y)))
        for first in range(0, len(y), BLOCK):
            part = slice(first, first + BLOCK)
            np.matmul(block, y[part].astype("float64").T, out=distances[:, part])
        distances *= -2
        distances += np.square(block).sum(axis=1)[:, None]
        distances += squares
        np.maximum(distances, 0, out=distances)
        yield start, np.sqrt(distances, out=distances)
