"""Compares the distribution of generated images with that of real ones."""

import numpy as np

from aigc_keras.metrics import (
    FeatureStatistics,
    KernelSums,
    frechet_distance,
    inception_score,
    manifold_scores,
)

# Of the interval: what lies outside on either side, in per cent.
TAIL = 2.5
GROUPS = 50
FEWER_DRAWS_FROM = 1024


def compare_distributions(real, other_real, generated, protocol, seed=0, draws=200):
    """Return every distribution metric, with its floor and its spread.

    Each is computed twice: of generated against real images, and, as the floor, of
    other real images against the same. The three sets must be of one size, since most
    of these figures depend on it.

    The interval holds 95% of bootstrap draws of the generated images (of the real ones
    for recall and coverage), moved so that its centre is the figure: a draw with
    repetitions has fewer different images, which alone raises a Frechet distance. Long
    features get fewer draws of that one.

    Args:
        real: `Features` of n real images.
        other_real: `Features` of n others.
        generated: `Features` of n generated images.
        protocol: str. Where the real images come from and what the features are, such
            as `"test_contrastive"`; part of the names.
        seed: int. Seeds the draws.
        draws: int. Default 200.

    Returns:
        Tuple of a dict from names such as `fid5k_test_contrastive` to dicts of float
        (`value`, `low`, `high`, `floor` and, of KID, `standard_error`), and a list of
        warnings, str.

    Raises:
        ValueError: If the sets differ in size or hold fewer than eight images.
    """
    number = len(real)
    if not number == len(other_real) == len(generated) or number < 8:
        raise ValueError(
            "The sets must be of one size, at least 8. Received: "
            f"{number} real, {len(other_real)} other real, {len(generated)} generated"
        )
    rng = np.random.default_rng(seed)
    # One scale for all, so that the polynomial kernel neither vanishes nor overflows.
    scale = real.values.std(dtype="float64") + 1e-12
    sets = [features.values for features in (real, other_real, generated)]
    figures = {
        "fid": _frechet(*sets, rng, draws),
        "kid": _kernel(*sets, rng, draws, scale),
        **_manifold(*sets, rng, draws),
    }
    if generated.probabilities is not None:
        figures["is"] = _inception(real, generated, rng, draws)
    warnings = []
    dim = real.values.shape[1]
    if number < 2 * dim:
        warnings.append(
            f"fid: {number} images are fewer than twice the {dim} features; its "
            "covariance is hardly determined. Rely on kid."
        )
    size = f"{number // 1000}k" if number % 1000 == 0 else str(number)
    return {f"{name}{size}_{protocol}": v for name, v in figures.items()}, warnings


def _frechet(real, other_real, generated, rng, draws):
    sets = (real, other_real, generated)
    statistics = [FeatureStatistics.of(values) for values in sets]
    value = frechet_distance(statistics[0], statistics[2])
    floor = frechet_distance(statistics[0], statistics[1])
    draws = max(10, draws // (20 if real.shape[1] > FEWER_DRAWS_FROM else 5))
    drawn = []
    for _ in range(draws):
        counts = np.bincount(rng.integers(0, len(generated), len(generated)))
        counts = np.pad(counts, (0, len(generated) - len(counts)))
        one = FeatureStatistics.of(generated, counts.astype("float64"))
        drawn.append(frechet_distance(statistics[0], one))
    return _figure(value, drawn, floor)


def _kernel(real, other_real, generated, rng, draws, scale):
    sums = KernelSums(real, generated, GROUPS, scale)
    groups = min(GROUPS, len(real))
    drawn = []
    for _ in range(draws):
        chosen = rng.integers(0, groups, groups)
        counts = np.bincount(chosen, minlength=groups).astype("float64")
        drawn.append(sums.distance(None, counts))
    floor = KernelSums(real, other_real, 1, scale).distance()
    figure = _figure(sums.distance(), drawn, floor)
    return figure | {"standard_error": sums.standard_error()}


def _manifold(real, other_real, generated, rng, draws):
    scores = manifold_scores(real, generated)
    floors = manifold_scores(real, other_real).means()
    figures = {}
    for name, value in scores.means().items():
        parts = np.asarray(getattr(scores, name), "float64")
        drawn = [
            parts[rng.integers(0, len(parts), len(parts))].mean() for _ in range(draws)
        ]
        figures[name] = _figure(value, drawn, floors[name])
    return figures


def _inception(real, generated, rng, draws):
    splits = min(10, len(generated))
    value, deviation = inception_score(generated.probabilities, splits)
    floor = inception_score(real.probabilities, splits)[0]
    drawn = [
        inception_score(
            generated.probabilities[rng.integers(0, len(generated), len(generated))],
            splits,
        )[0]
        for _ in range(max(10, draws // 5))
    ]
    return _figure(value, drawn, floor) | {"deviation": deviation}


def _figure(value, drawn, floor):
    low, high = np.percentile(drawn, [TAIL, 100 - TAIL]) - np.mean(drawn)
    return {
        "value": float(value),
        "low": float(value + low),
        "high": float(value + high),
        "floor": float(floor),
    }
