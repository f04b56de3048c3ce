"""What the stages of the text side's training are fed with."""

import numpy as np

READING_NEGATIVES = 4096


def matching_batches(dataset, table, settings):
    """Yield batches of captions of like length with their images, without end.

    Like lengths save padding and make the captions of a batch harder to tell apart.

    Args:
        dataset: `CaptionedDataset`.
        table: `CaptionTable` without embeddings.
        settings: `TextSideSettings`.

    Yields:
        Dicts of `image`, `token_ids` and `padding_mask`, and of another caption of each
        image `other_token_ids` and `other_padding_mask`.
    """
    rng = np.random.default_rng(settings.seed)
    lengths = table.padding_mask.sum(axis=1)
    owner = dataset.owners
    longest = min(table.token_ids.shape[1], 4 * -(-int(lengths.max()) // 4))
    for rows, length in _rows_of_like_length(lengths, settings, rng):
        # Any caption of the same picture, which may be the same one.
        first, last = (
            dataset.row_splits[owner[rows]],
            dataset.row_splits[owner[rows] + 1],
        )
        others = rng.integers(first, last)
        yield {
            "image": dataset.model_images(owner[rows]),
            "token_ids": table.token_ids[rows, :length],
            "padding_mask": table.padding_mask[rows, :length],
            "other_token_ids": table.token_ids[others, :longest],
            "other_padding_mask": table.padding_mask[others, :longest],
        }


def prior_batches(dataset, table, targets, settings):
    """Yield batches of captions of like length with their images and those's vectors.

    Args:
        dataset: `CaptionedDataset`.
        table: `CaptionTable` without embeddings.
        targets: float array `(num_images, dim)`.
        settings: `TextSideSettings`.

    Yields:
        Dicts of `token_ids`, `padding_mask`, `image_vector` and `image`.
    """
    rng = np.random.default_rng(settings.seed)
    owner = dataset.owners
    lengths = table.padding_mask.sum(axis=1)
    for rows, length in _rows_of_like_length(lengths, settings, rng):
        yield {
            "token_ids": table.token_ids[rows, :length],
            "padding_mask": table.padding_mask[rows, :length],
            "image_vector": targets[owner[rows]],
            "image": dataset.model_images(owner[rows]),
        }


def reading_batches(dataset, table, settings):
    """Yield images with one of their captions each and other captions, without end.

    Args:
        dataset: `CaptionedDataset`.
        table: `CaptionTable` with embeddings.
        settings: `TextSideSettings`.

    Yields:
        Dicts of `image`, `text_embedding`, `token_ids`, `padding_mask` and `negatives`
        `(4096, text_dim)`.
    """
    number = len(table.text_embedding)
    size = min(settings.matching_batch_size, number)
    rng = np.random.default_rng(settings.seed)
    owner = dataset.owners
    while True:
        order = rng.permutation(number)
        for start in range(0, number - size + 1, size):
            rows = order[start : start + size]
            others = rng.integers(0, number, READING_NEGATIVES)
            yield {
                "image": dataset.model_images(owner[rows]),
                "text_embedding": table.text_embedding[rows].astype("float32"),
                "token_ids": table.token_ids[rows],
                "padding_mask": table.padding_mask[rows],
                "negatives": table.text_embedding[others].astype("float32"),
            }


def _rows_of_like_length(lengths, settings, rng):
    """Yield captions' rows and how many tokens hold them, without end."""
    size = min(settings.matching_batch_size, len(lengths))
    while True:
        order = np.lexsort((rng.random(len(lengths)), lengths))
        # An incomplete batch would be an easier task and compile anew.
        starts = range(0, len(order) - size + 1, size)
        for index in rng.permutation(len(starts)):
            rows = order[starts[index] : starts[index] + size]
            yield rows, min(lengths.max(), 4 * -(-int(lengths[rows].max()) // 4))
