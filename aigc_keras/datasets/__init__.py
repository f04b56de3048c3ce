"""Captioned images: sources, the registry, and the way to batches."""

from aigc_keras.datasets.augmentation import AUGMENTATIONS, Augmentation
from aigc_keras.datasets.caption_rules import CaptionRules
from aigc_keras.datasets.errors import DatasetError, ImageError
from aigc_keras.datasets.framing import FRAMINGS
from aigc_keras.datasets.images import read_image
from aigc_keras.datasets.loading import load_dataset
from aigc_keras.datasets.pipeline import CaptionedDataset, CaptionTable
from aigc_keras.datasets.registry import SOURCES, open_source
from aigc_keras.datasets.sources import Options

__all__ = [
    "AUGMENTATIONS",
    "FRAMINGS",
    "SOURCES",
    "Augmentation",
    "CaptionRules",
    "CaptionTable",
    "CaptionedDataset",
    "DatasetError",
    "ImageError",
    "Options",
    "load_dataset",
    "open_source",
    "read_image",
]
