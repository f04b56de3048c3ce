"""Measures how varied and how like real pictures a run's drawings of `shapes` are."""

import itertools
import random

import keras
import numpy as np

from aigc_keras.datasets.shapes.render import render_scene
from aigc_keras.datasets.shapes.scene import sample_like
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.metrics import kernel_distance

CAPTIONS, DRAWINGS = 60, 4
FLOOR_ROUNDS = 20


def measure_diversity(gan, examples, seed=0):
    """Compare how drawings of one caption differ with how real pictures of it differ.

    Protocol: the first 60 examples, four drawings of the first English caption, and
    four renders of scenes of which the same is said; the mean absolute difference of
    pixels over all pairs of a caption.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        examples: List of `Example`.
        seed: int. Seed of the first drawing.

    Returns:
        float, the drawings' difference as a share of the renders'.
    """
    examples = examples[:CAPTIONS]
    captions = [example.captions["en"][0] for example in examples]
    drawn = draw_captions(gan, captions, seed, DRAWINGS)
    drawn = np.reshape(drawn, (len(examples), DRAWINGS, *drawn.shape[1:]))
    side = gan.generator.image_size
    real = []
    for index, example in enumerate(examples):
        rng = random.Random(seed + index)
        scenes = [sample_like(example.scene, rng) for _ in range(DRAWINGS)]
        real.append([render_scene(scene, rng, side) for scene in scenes])
    return float(_difference(drawn) / _difference(np.array(real)))


def measure_realism(gan, images, examples, seed=0):
    """Return the kernel distance of drawings to real pictures, in the judge's features.

    Beside it stands the floor: the same distance between random halves of the real
    pictures. The generator is trained against the same judge, so this says when
    drawings are unlike the data, not that they are like it.

    Args:
        gan: `TextToImageGAN` with a judge.
        images: float32 array `(n, side, side, 3)` in [-1, 1], real pictures.
        examples: List of n `Example`, theirs.
        seed: int. Seed of the first drawing and of the halves.

    Returns:
        Dict of float: `kernel_distance`, `floor_mean`, `floor_deviation`, and
        `floor_deviations`, how many deviations the distance lies above the floor.
    """
    judge = gan.judge
    features = keras.Model(judge.input, judge.get_layer("hidden").output)
    captions = [example.captions["en"][0] for example in examples]
    drawn = draw_captions(gan, captions, seed).astype("float32")
    real, fake = (
        np.asarray(features.predict(pixels, verbose=0), "float64")
        for pixels in (images, drawn / 127.5 - 1)
    )
    scale = real.std() + 1e-6
    real, fake = real / scale, fake / scale
    half = len(real) // 2
    rng = np.random.default_rng(seed)
    floor = []
    for _ in range(FLOOR_ROUNDS):
        order = rng.permutation(len(real))
        floor.append(kernel_distance(real[order[:half]], real[order[half : 2 * half]]))
    distance = kernel_distance(real[:half], fake[half : 2 * half])
    mean, deviation = float(np.mean(floor)), float(np.std(floor))
    return {
        "kernel_distance": distance,
        "floor_mean": mean,
        "floor_deviation": deviation,
        "floor_deviations": (distance - mean) / deviation,
    }


def _difference(pictures):
    pictures = np.asarray(pictures, "float32")
    pairs = itertools.combinations(range(pictures.shape[1]), 2)
    return np.mean([np.abs(pictures[:, i] - pictures[:, j]).mean() for i, j in pairs])
