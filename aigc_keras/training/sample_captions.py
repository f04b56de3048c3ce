"""Chooses the captions that a run draws again and again."""

import numpy as np

from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.registry import open_source
from aigc_keras.datasets.sources import Options

# Enough to choose from, few enough to be prepared at once.
HELD_OUT_IMAGES = 256


def sample_captions(dataset, source_arguments):
    """Choose captions that a run does not learn from, where the data set has some.

    Args:
        dataset: `CaptionedDataset` that is trained on.
        source_arguments: Dict of `load_dataset`'s arguments about the source.

    Returns:
        List of str: from the validation or test split, or from `dataset` itself.
    """
    options = source_options(source_arguments)
    splits = open_source(dataset.name, options).splits
    for split in ("validation", "test"):
        if split in splits and not dataset.split.startswith(split):
            held_out = load_dataset(
                dataset.name,
                f"{split}[:{min(HELD_OUT_IMAGES, splits[split])}]",
                dataset.image_size,
                # A few faulty pictures in a split that is only looked at do no harm.
                **{**source_arguments, "max_faulty": 1.0},
            )
            return choose_captions(held_out)
    return choose_captions(dataset)


def source_options(source_arguments):
    """Return the `Options` of a source out of `load_dataset`'s arguments about it."""
    names = Options.__dataclass_fields__.keys() & source_arguments.keys()
    return Options(**{name: source_arguments[name] for name in names})


def choose_captions(dataset, rows=8):
    """Choose captions evenly over a data set.

    Alternating first and last captions shows both languages of `shapes`.

    Args:
        dataset: `CaptionedDataset`.
        rows: int. Captions at most, one an image.

    Returns:
        List of str.
    """
    count = min(rows, dataset.num_images)
    picks = np.linspace(0, dataset.num_images - 1, count).astype(int)
    return [dataset.captions[row][-(place % 2)] for place, row in enumerate(picks)]
