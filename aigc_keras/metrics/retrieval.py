"""Does a picture go with its caption? Ranks and cosines of an image-text encoder."""

import numpy as np

CLIP_SCALE = 2.5


def r_precision(image_vectors, text_vectors, candidates=100, seed=0):
    """Return how often a picture's own caption is ranked first.

    Each picture meets its own caption and others drawn at random from those of the
    other pictures; with pictures that go with any caption as well as with another the
    figure is `1 / candidates`. A candidate equal to the own caption is not used.

    Reference: Xu et al., 2018, "AttnGAN" (sec. 4, R-precision with 99 others).

    Args:
        image_vectors: float array `(n, d)`.
        text_vectors: float array `(n, d)`, each picture's own caption.
        candidates: int. Captions a picture meets, its own included; at most n.
        seed: int. Seeds the choice of the others.

    Returns:
        Dict of float: `r_precision`, `mean_rank` (1 at best) and `chance`.

    Raises:
        ValueError: If the shapes differ, or there are fewer captions than candidates.
    """
    images, texts = _unit(image_vectors), _unit(text_vectors)
    _check_pairs(images, texts)
    if not 2 <= candidates <= len(texts):
        raise ValueError(
            "`candidates` must be at least 2 and at most the number of captions, "
            f"{len(texts)}. Received: candidates={candidates}"
        )
    rng = np.random.default_rng(seed)
    # Equal vectors are one caption, whoever it belongs to.
    kinds = np.unique(texts, axis=0, return_inverse=True)[1].ravel()
    ranks, shares = [], []
    for row, image in enumerate(images):
        others = np.flatnonzero(kinds != kinds[row])
        others = rng.choice(others, min(candidates - 1, len(others)), replace=False)
        own = image @ texts[row]
        against = texts[others] @ image
        # A tie is shared out: a constant encoder must not look right.
        ranks.append(1 + (against > own).sum() + 0.5 * (against == own).sum())
        shares.append(1 / (len(others) + 1))
    ranks = np.array(ranks)
    return {
        "r_precision": float((ranks == 1).mean()),
        "mean_rank": float(ranks.mean()),
        "chance": float(np.mean(shares)),
    }


def clip_score(image_vectors, text_vectors):
    """Return the mean of `2.5 * max(cosine, 0)` over pairs.

    Reference: Hessel et al., 2021, "CLIPScore" (eq. 1). The scale is theirs, for CLIP's
    cosines; with another encoder compare figures of that encoder only.

    Args:
        image_vectors: float array `(n, d)`.
        text_vectors: float array `(n, d)`, each picture's own caption.

    Raises:
        ValueError: If the shapes differ.
    """
    images, texts = _unit(image_vectors), _unit(text_vectors)
    _check_pairs(images, texts)
    cosines = np.einsum("nd,nd->n", images, texts)
    return float((CLIP_SCALE * np.maximum(cosines, 0)).mean())


def _unit(vectors):
    vectors = np.asarray(vectors, "float64")
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _check_pairs(images, texts):
    if images.shape != texts.shape or images.ndim != 2 or not len(images):
        raise ValueError(
            "Images and captions must have vectors of one shape (n, d), n at least 1. "
            f"Received: shapes {images.shape} and {texts.shape}"
        )
