"""What is measured on generated images."""

from aigc_keras.metrics.alignment import SceneAlignment, score_scene
from aigc_keras.metrics.image import (
    PSNR,
    SSIM,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiScaleSSIM,
)
from aigc_keras.metrics.kernel_distance import kernel_distance
from aigc_keras.metrics.scene_reader import read_scene
from aigc_keras.metrics.text import bleu, chrf, distinct

__all__ = [
    "PSNR",
    "SSIM",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MultiScaleSSIM",
    "SceneAlignment",
    "bleu",
    "chrf",
    "distinct",
    "kernel_distance",
    "read_scene",
    "score_scene",
]
