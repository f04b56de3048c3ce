"""What is measured on generated images."""

from aigc_keras.metrics.alignment import SceneAlignment, score_categories, score_scene
from aigc_keras.metrics.detection import roc_auc
from aigc_keras.metrics.frechet_distance import FeatureStatistics, frechet_distance
from aigc_keras.metrics.image import (
    PSNR,
    SSIM,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiScaleSSIM,
)
from aigc_keras.metrics.inception_score import inception_score
from aigc_keras.metrics.kernel_distance import KernelSums, kernel_distance
from aigc_keras.metrics.neighbours import (
    manifold_scores,
    nearest_neighbours,
    share_too_close,
)
from aigc_keras.metrics.recognition import Recognition
from aigc_keras.metrics.regions import psnr_inside, ssim_inside
from aigc_keras.metrics.retrieval import clip_score, r_precision
from aigc_keras.metrics.scene_reader import read_scene
from aigc_keras.metrics.text import (
    bleu,
    chrf,
    coherence,
    distinct,
    lexical_richness,
)

__all__ = [
    "PSNR",
    "SSIM",
    "FeatureStatistics",
    "KernelSums",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "MultiScaleSSIM",
    "Recognition",
    "SceneAlignment",
    "bleu",
    "chrf",
    "clip_score",
    "coherence",
    "distinct",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "lexical_richness",
    "manifold_scores",
    "nearest_neighbours",
    "psnr_inside",
    "r_precision",
    "read_scene",
    "roc_auc",
    "score_categories",
    "score_scene",
    "share_too_close",
    "ssim_inside",
]
