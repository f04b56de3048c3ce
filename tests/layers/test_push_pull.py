"""Holes filled from around, against the same means by hand."""

import keras
import numpy as np
import pytest

from aigc_keras.layers import PushPull


def fill(images, mask):
    return np.array(PushPull()(images, mask))


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype("float32")


def test_known_pixels_stay_and_missing_ones_are_not_looked_at(images):
    mask = np.zeros((2, 16, 16, 1), "float32")
    mask[:, 4:9, 3:12] = 1
    filled = fill(images, mask)
    known = mask[..., 0] == 0
    np.testing.assert_allclose(filled[known], images[known], atol=1e-3)
    np.testing.assert_array_equal(fill(images * (1 - mask) + 9 * mask, mask), filled)


def test_a_plain_picture_is_filled_with_its_colour():
    images = np.ones((1, 16, 16, 3), "float32") * [0.5, -0.25, 0.75]
    mask = np.zeros((1, 16, 16, 1), "float32")
    mask[:, 1:15, 2:15] = 1
    np.testing.assert_allclose(fill(images, mask), images, atol=1e-5)


def test_the_nearest_known_patch_decides(images):
    mask = np.zeros((2, 16, 16, 1), "float32")
    # One pixel of a patch of four is missing: it is the mean of the other three.
    mask[:, 6, 6] = 1
    three = (images[:, 6, 7] + images[:, 7, 6] + images[:, 7, 7]) / 3
    weights = np.array([9, 3, 3, 1]) / 16
    # Enlarging mixes in the neighbouring patches' means.
    means = images.reshape(2, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    means[:, 3, 3] = three
    around = [means[:, 3, 3], means[:, 2, 3], means[:, 3, 2], means[:, 2, 2]]
    expected = sum(w * mean for w, mean in zip(weights, around, strict=True))
    np.testing.assert_allclose(fill(images, mask)[:, 6, 6], expected, atol=1e-3)


def test_nothing_known_gives_nothing(images):
    np.testing.assert_array_equal(fill(images, np.ones((2, 16, 16, 1), "float32")), 0)


def test_it_stays_in_float32_under_mixed_precision(images):
    mask = np.ones((2, 16, 16, 1), "float32")
    mask[:, ::3] = 0
    expected = fill(images, mask)
    keras.config.set_dtype_policy("mixed_bfloat16")
    np.testing.assert_array_equal(fill(images, mask), expected)
    assert PushPull.from_config(PushPull().get_config()).compute_dtype == "float32"
