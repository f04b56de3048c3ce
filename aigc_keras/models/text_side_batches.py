"""What the stages of the text side's training are fed with."""

import numpy as np

from aigc_keras.datasets.swapped_captions import CaptionSwaps

READING_NEGATIVES = 4096


class SwappedCaptions:
    """Chooses wrong captions for some rows of a batch: their own with words exchanged.

    Args:
        captions: Sequence of str, all of a data set.
        number: int. Rows of a batch that get one.
        read: Function of a list of `number` str to what a batch needs of them.
        seed: int. Chooses what is exchanged.
    """

    def __init__(self, captions, number, read, seed):
        self.captions, self.number, self.read = captions, number, read
        self.rng = np.random.default_rng(seed + 2)
        self.swap = CaptionSwaps(dict.fromkeys(captions))

    def __call__(self, rows):
        """Return a batch's captions in another order, and wrong ones of the first.

        Args:
            rows: int array `(batch,)`, places of captions.

        Returns:
            Tuple of int array `(batch,)` and what was read. Where too few captions
            have words to exchange, any others of the data set fill the place.
        """
        swapped, first = [], []
        for row in rows:
            text = self.swap(self.captions[row], self.rng)
            if text is not None:
                swapped.append(text)
                first.append(row)
            if len(first) == self.number:
                break
        missing = self.rng.integers(len(self.captions), size=self.number - len(first))
        swapped += [self.captions[row] for row in missing]
        rest = rows[~np.isin(rows, first)]
        order = np.concatenate([np.array(first, rows.dtype), rest])
        return order, self.read(swapped)


def matching_batches(dataset, table, settings, swapped=None):
    """Yield batches of captions of like length with their images, without end.

    Like lengths save padding and make the captions of a batch harder to tell apart.

    Args:
        dataset: `CaptionedDataset`.
        table: `CaptionTable` without embeddings.
        settings: `TextSideSettings`.
        swapped: `SwappedCaptions` that reads token ids and padding masks, or None.

    Yields:
        Dicts of `image`, `token_ids` and `padding_mask`, and of another caption of each
        image `other_token_ids` and `other_padding_mask`; with `swapped`, of a wrong one
        of the first rows `swapped_token_ids` and `swapped_padding_mask`.
    """
    size = min(settings.matching_batch_size, len(table.token_ids))
    rng = np.random.default_rng(settings.seed)
    lengths = table.padding_mask.sum(axis=1)
    owner = _owners(dataset)
    longest = min(table.token_ids.shape[1], 4 * -(-int(lengths.max()) // 4))
    while True:
        order = np.lexsort((rng.random(len(lengths)), lengths))
        # An incomplete batch would be an easier task and compile anew.
        starts = range(0, len(order) - size + 1, size)
        for index in rng.permutation(len(starts)):
            rows = order[starts[index] : starts[index] + size]
            length = min(lengths.max(), 4 * -(-int(lengths[rows].max()) // 4))
            wrong = {}
            if swapped is not None:
                rows, (ids, mask) = swapped(rng.permutation(rows))
                wrong["swapped_token_ids"] = ids[:, :longest]
                wrong["swapped_padding_mask"] = mask[:, :longest]
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
                **wrong,
            }


def reading_batches(dataset, table, settings, swapped=None):
    """Yield images with one of their captions each and other captions, without end.

    Args:
        dataset: `CaptionedDataset`.
        table: `CaptionTable` with embeddings.
        settings: `TextSideSettings`.
        swapped: `SwappedCaptions` that reads sentence vectors, or None.

    Yields:
        Dicts of `image`, `text_embedding`, `token_ids`, `padding_mask` and `negatives`
        `(4096, text_dim)`, with `swapped` some more: wrong captions of the first rows.
    """
    number = len(table.text_embedding)
    size = min(settings.matching_batch_size, number)
    rng = np.random.default_rng(settings.seed)
    owner = _owners(dataset)
    while True:
        order = rng.permutation(number)
        for start in range(0, number - size + 1, size):
            rows = order[start : start + size]
            others = rng.integers(0, number, READING_NEGATIVES)
            negatives = table.text_embedding[others].astype("float32")
            if swapped is not None:
                rows, wrong = swapped(rows)
                negatives = np.concatenate([negatives, wrong])
            yield {
                "image": dataset.model_images(owner[rows]),
                "text_embedding": table.text_embedding[rows].astype("float32"),
                "token_ids": table.token_ids[rows],
                "padding_mask": table.padding_mask[rows],
                "negatives": negatives,
            }


def _owners(dataset):
    return np.repeat(np.arange(dataset.num_images), np.diff(dataset.row_splits))
