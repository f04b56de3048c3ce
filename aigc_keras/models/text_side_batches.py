"""What the stages of the text side's training are fed with."""

import math

import numpy as np

READING_NEGATIVES = 4096
# The other captions of a batch come in groups of like length, one for so many tokens
# of the longest. Padded to that, 48 for the 17 that a caption of `shapes/scenes` has in
# the mean, they took most of a step; in four groups they are padded to 22. Where all
# are short, a group costs more than it saves: its part of the graph.
TOKENS_A_GROUP = 11
MOST_GROUPS = 4


def matching_groups(table, settings):
    """Return how many groups the other captions of a batch come in, 1, 2 or 4.

    Args:
        table: `CaptionTable`.
        settings: `TextSideSettings`.
    """
    longest = int(table.padding_mask.sum(axis=1).max())
    size = min(settings.matching_batch_size, len(table.padding_mask))
    wanted = min(MOST_GROUPS, max(1, longest // TOKENS_A_GROUP))
    # Equal ones: the largest power of two within both.
    return math.gcd(size, 1 << (wanted.bit_length() - 1))


def matching_batches(dataset, table, settings):
    """Yield batches of captions of like length with their images, without end.

    Like lengths save padding and make the captions of a batch harder to tell apart.

    Args:
        dataset: `CaptionedDataset`.
        table: `CaptionTable` without embeddings.
        settings: `TextSideSettings`.

    Yields:
        Dicts of `image`, `token_ids` and `padding_mask`, and of another caption of each
        image, or by `settings.own_words` the same, `other_token_ids` and
        `other_padding_mask`, tuples of `matching_groups` arrays, the first of the first
        rows.
    """
    rng = np.random.default_rng(settings.seed)
    lengths = table.padding_mask.sum(axis=1)
    owner = dataset.owners
    number = matching_groups(table, settings)
    for rows, length in _rows_of_like_length(lengths, settings, rng):
        # The same one, or any of the same picture, which may be the same one.
        first, last = (
            dataset.row_splits[owner[rows]],
            dataset.row_splits[owner[rows] + 1],
        )
        others = rows if settings.own_words else rng.integers(first, last)
        order = np.argsort(lengths[others], kind="stable")
        rows, groups = rows[order], np.split(others[order], number)
        longest = [_length_of(group, lengths) for group in groups]
        yield {
            "image": dataset.model_images(owner[rows]),
            "token_ids": table.token_ids[rows, :length],
            "padding_mask": table.padding_mask[rows, :length],
            "other_token_ids": tuple(
                table.token_ids[group, :most]
                for group, most in zip(groups, longest, strict=True)
            ),
            "other_padding_mask": tuple(
                table.padding_mask[group, :most]
                for group, most in zip(groups, longest, strict=True)
            ),
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
    lengths = table.padding_mask.sum(axis=1)
    number = len(table.text_embedding)
    size = min(settings.matching_batch_size, number)
    rng = np.random.default_rng(settings.seed)
    owner = dataset.owners
    while True:
        order = rng.permutation(number)
        for start in range(0, number - size + 1, size):
            rows = order[start : start + size]
            others = rng.integers(0, number, READING_NEGATIVES)
            length = _length_of(rows, lengths)
            yield {
                "image": dataset.model_images(owner[rows]),
                "text_embedding": table.text_embedding[rows].astype("float32"),
                "token_ids": table.token_ids[rows, :length],
                "padding_mask": table.padding_mask[rows, :length],
                "negatives": table.text_embedding[others].astype("float32"),
            }


def _rows_of_like_length(lengths, settings, rng):
    """Yield captions' rows and how many tokens hold them, without end."""
    size = min(settings.matching_batch_size, len(lengths))
    while True:
        order = np.lexsort((rng.random(len(lengths)), lengths))
        # An incomplete batch would be an easier task, and no one of the stage's graph.
        starts = range(0, len(order) - size + 1, size)
        for index in rng.permutation(len(starts)):
            rows = order[starts[index] : starts[index] + size]
            yield rows, _length_of(rows, lengths)


def _length_of(rows, lengths):
    """Return the longest length of some rows, in fours, at most the longest of all."""
    return min(int(lengths.max()), 4 * -(-int(lengths[rows].max()) // 4))
