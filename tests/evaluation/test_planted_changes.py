"""Every distribution and matching metric finds a change that was planted."""

import functools
import random

import numpy as np
import pytest
from scipy import ndimage

from aigc_keras.datasets.shapes import captions as captions_lib
from aigc_keras.datasets.shapes.render import render_scene
from aigc_keras.datasets.shapes.scene import sample_scene
from aigc_keras.evaluation.evaluation_encoder import EvaluationEncoder
from aigc_keras.evaluation.features import (
    collect_features,
    contrastive_extractor,
    image_batches,
)
from aigc_keras.evaluation.run_distribution import compare_distributions
from aigc_keras.evaluation.run_matching import measure_matching
from aigc_keras.models import TextToImageGAN

# Bootstraps of Frechet distances: a minute on one core.
pytestmark = pytest.mark.slow

NUMBER = 400


@functools.cache
def shipped():
    return TextToImageGAN.from_preset("shapes_64")


def draw(seed, number=NUMBER, keep=lambda scene: True):
    """Draw pictures and write captions, every other one Chinese."""
    rng = random.Random(seed)
    images, captions = [], []
    while len(images) < number:
        scene = sample_scene(rng)
        if keep(scene):
            images.append(render_scene(scene, rng, 64))
            texts, _ = captions_lib.write_captions(scene, rng, 1)
            captions.append(texts[len(images) % 2])
    return np.stack(images), captions


@pytest.fixture(scope="module")
def features():
    extractor = contrastive_extractor(shipped().judge)
    return lambda images: collect_features(extractor, image_batches(images))


@pytest.fixture(scope="module")
def real(features):
    return [features(draw(seed)[0]) for seed in (1, 2)]


def compare(*sets):
    return compare_distributions(*sets, "drawn", draws=50)[0]


@pytest.fixture(scope="module")
def clean(features, real):
    return compare(*real, features(draw(3)[0]))


def blurred(images):
    return ndimage.gaussian_filter(images, (0, 1.5, 1.5, 0))


def noisy(images):
    noise = np.random.default_rng(0).normal(0, 24, images.shape)
    return np.clip(images + noise, 0, 255).astype("uint8")


def without_a_tenth(images):
    # One of the eight colours.
    return draw(3, keep=lambda scene: scene.objects[0].colour != "red")[0]


def duplicated(images):
    return images[np.arange(NUMBER) % 20]


def partly_of_nothing(images):
    images = images.copy()
    images[::10] = np.random.default_rng(0).integers(0, 256, images[::10].shape)
    return images


CHANGES = {
    blurred: {"fid", "kid"},
    noisy: {"fid", "kid"},
    # Coverage falls too, but not beyond its interval: 400 pictures lie so far apart
    # that a red one's nearest are often of another colour.
    without_a_tenth: {"fid", "recall"},
    # Not density: copies lie in as many real neighbourhoods on average.
    duplicated: {"fid", "kid", "recall", "coverage"},
    partly_of_nothing: {"fid", "kid", "precision", "density"},
}


def test_other_real_pictures_are_at_the_floor(clean):
    for name, figure in clean.items():
        width = figure["high"] - figure["low"]
        assert abs(figure["value"] - figure["floor"]) < 1.5 * width + 0.03, name


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_the_pictures_is_found(change, clean, features, real):
    images = change(draw(3)[0])
    changed = compare(*real, features(images))
    found = set()
    for name, figure in changed.items():
        metric = name.partition(str(NUMBER))[0]
        worse = figure["value"] - clean[name]["value"]
        if metric not in ("fid", "kid"):
            worse = -worse
        if worse > clean[name]["high"] - clean[name]["value"] + 1e-9:
            found.add(metric)
    assert CHANGES[change] <= found


def test_swapped_captions_are_found_and_shuffled_ones_score_at_chance():
    encoder = EvaluationEncoder(shipped().judge, shipped().text_encoder)
    images, captions = draw(5)
    own = measure_matching(encoder, images, captions)
    swapped = measure_matching(encoder, images, captions[2:] + captions[:2])
    for language in ("en", "zh"):
        figures = own[language]
        assert figures["r_precision"] > 0.9
        assert figures["mean_rank"] < 2
        chance = figures["chance"]
        assert figures["shuffled_r_precision"] == pytest.approx(chance, abs=0.03)
        assert swapped[language]["r_precision"] == pytest.approx(chance, abs=0.03)
        assert figures["clip_score"] > 2 * swapped[language]["clip_score"]
