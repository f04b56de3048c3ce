"""Measures whether pictures go with their captions, by an encoder that stands apart."""

import numpy as np

from aigc_keras.language import LANGUAGES, language_of
from aigc_keras.metrics import clip_score, r_precision

CANDIDATES = 100


def measure_matching(encoder, images, captions, seed=0):
    """Return R-precision and CLIPScore of pictures and captions, by language.

    Beside them stands the guard: the same pictures with captions that were shuffled.
    If those score above chance, something of the caption reaches the figure by another
    way than the picture.

    Args:
        encoder: `EvaluationEncoder`.
        images: uint8 array `(n, side, side, 3)`.
        captions: List of n str, each picture's own.
        seed: int. Seeds the candidates and the shuffle.

    Returns:
        Dict `{language: {figure: float}}`: `r_precision` among at most 100 captions,
        its `chance`, `mean_rank`, `clip_score`, and `shuffled_r_precision` and
        `shuffled_clip_score`.
    """
    languages = np.array([language_of(caption) for caption in captions])
    shown, said = encoder.embed_images(images), encoder.embed_captions(captions)
    rng = np.random.default_rng(seed)
    results = {}
    for language in LANGUAGES:
        rows = np.flatnonzero(languages == language)
        if len(rows) < 2:
            continue
        results[language] = _figures(shown[rows], said[rows], seed)
        guard = _figures(shown[rows], said[_shifted(rows, rng)], seed)
        for name in ("r_precision", "clip_score"):
            results[language][f"shuffled_{name}"] = guard[name]
    return results


def _figures(shown, said, seed):
    candidates = min(CANDIDATES, len(said))
    figures = r_precision(shown, said, candidates, seed)
    return {**figures, "clip_score": clip_score(shown, said)}


def _shifted(rows, rng):
    """Return the rows in an order in which none stands where it stood."""
    order = rng.permutation(len(rows))
    shifted = np.empty_like(rows)
    shifted[order] = rows[np.roll(order, 1)]
    return shifted
