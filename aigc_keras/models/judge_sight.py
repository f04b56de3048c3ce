"""Whether the judge, once trained, sees what captions say."""

import warnings

import numpy as np

# Pictures asked at most, at least, and the mean rank below which a line is written: by
# chance it is 0.5, with a standard deviation of 0.018 among 256 and 0.07 among 16.
MOST, LEAST, BLIND = 256, 16, 0.6


def own_caption_rank(judge, images, vectors):
    """Return how far up among all captions a picture's own is, on average.

    Args:
        judge: `ImageEncoder`.
        images: float32 array `(n, side, side, 3)` from -1 to 1; n at least 2.
        vectors: float array `(n, text_dim)`, the captions' sentence vectors.

    Returns:
        float from 0 to 1: the part of the other captions that fit the picture less,
        equal ones by half. Chance is 0.5 (the area under the ROC curve).
    """
    seen = judge.predict_on_batch(images)["image_vector"]
    seen, said = (_unit(np.asarray(x, "float32")) for x in (seen, vectors))
    cosines = seen @ said.T
    own = np.diagonal(cosines)[:, None]
    others = np.sign(own - cosines).sum() / (len(own) * (len(own) - 1))
    return float((1 + others) / 2)


def warn_if_blind(judge, dataset, table, settings):
    """Warn where the judge picks a picture's caption hardly better than by chance.

    Matching two sides stays at chance for its first hundreds of steps and then falls
    within a hundred; stopped before, the judge says nothing and the GAN draws nothing
    but backgrounds. A few pictures are not enough to tell.

    Args:
        judge: `ImageEncoder`.
        dataset: `CaptionedDataset` of its image size.
        table: `CaptionTable` of its captions, with embeddings.
        settings: `TextSideSettings`, named in the warning.
    """
    rng = np.random.default_rng(settings.seed)
    chosen = np.sort(rng.permutation(dataset.num_images)[:MOST])
    if len(chosen) < LEAST:
        return
    vectors = table.text_embedding[dataset.row_splits[chosen]]
    rank = own_caption_rank(judge, dataset.model_images(chosen), vectors)
    if rank < BLIND:
        warnings.warn(
            "The judge cannot tell which caption belongs to a picture, and the GAN "
            "will hardly learn what captions say: a picture's own fits better than "
            f"{rank:.0%} of the others (50% is chance). Raise `matching_steps`. "
            f"Received: matching_steps={settings.matching_steps}, "
            f"{dataset.num_images} pictures",
            stacklevel=2,
        )


def _unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
