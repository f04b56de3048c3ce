"""Captioned images: sources, the registry, and the way to batches."""

from aigc_keras.datasets.errors import DatasetError, ImageError
from aigc_keras.datasets.images import read_image
from aigc_keras.datasets.pipeline import CaptionedDataset, CaptionTable
from aigc_keras.datasets.registry import SOURCES, load_dataset

__all__ = [
    "SOURCES",
    "CaptionTable",
    "CaptionedDataset",
    "DatasetError",
    "ImageError",
    "load_dataset",
    "read_image",
]
