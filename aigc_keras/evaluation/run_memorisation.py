"""Looks for pictures that a generator has learned by heart."""

import numpy as np

from aigc_keras.evaluation.features import image_batches
from aigc_keras.metrics import nearest_neighbours, share_too_close

# Pictures are compared as this many pixels a side.
THUMBNAIL_SIDE = 16
QUANTILE = 0.01


def measure_memorisation(extractor, generated, train, held_out):
    """Compare samples with the training pictures nearest to them.

    Twice: in the pixels of small versions, and in an extractor's features, where a
    shifted copy is one too. What is too close is told by held-out real pictures: only
    one in a hundred of them lies so near to a training picture.

    Args:
        extractor: `FeatureExtractor`.
        generated: uint8 array `(n, side, side, 3)`.
        train: Array-like of uint8, `(m, side, side, 3)`, all pictures trained on.
        held_out: Array-like of uint8, real and not trained on.

    Returns:
        Dict `{"pixels" | "features": {"too_close": float, "expected": float,
        "median_distance": float, "nearest": list of n int}}`; `nearest` are places in
        `train`.
    """
    ways = {"pixels": _thumbnails, "features": lambda x: extractor.extract(x)[0]}
    sets, results = (generated, train, held_out), {}
    for name, describe in ways.items():
        vectors = [_describe(images, describe) for images in sets]
        places, distances = nearest_neighbours(vectors[0], vectors[1])
        results[name] = {
            "too_close": share_too_close(*vectors, QUANTILE)[0],
            "expected": QUANTILE,
            "median_distance": float(np.median(distances)),
            "nearest": places.tolist(),
        }
    return results


def _describe(images, describe):
    return np.concatenate([describe(batch) for batch in image_batches(images)])


def _thumbnails(images):
    """Return images averaged down, flat, 0 to 255."""
    number, side = len(images), images.shape[1]
    factor = max(1, side // THUMBNAIL_SIDE)
    kept = side // factor
    images = images[:, : kept * factor, : kept * factor].astype("float32")
    parts = images.reshape(number, kept, factor, kept, factor, 3)
    return parts.mean(axis=(2, 4)).reshape(number, -1)
