"""DiffAugment against the same transforms by hand, and its gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.layers import DiffAugment


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 3)).astype("float32")


def chances(**named):
    """Chances that change nothing, but for those that are named."""
    order = ("brightness", "saturation", "contrast", "y", "x", "hole_y", "hole_x")
    row = [named.get(name, 0.5) for name in order]
    return np.tile(np.array(row, "float32"), (3, 1))


def test_middling_colour_chances_change_nothing(images):
    result = DiffAugment(("color",))(images, chances())
    np.testing.assert_allclose(result, images, atol=1e-6)


def test_brightness_saturation_and_contrast(images):
    layer = DiffAugment(("color",))
    np.testing.assert_allclose(
        layer(images, chances(brightness=0.9)), images + 0.4, atol=1e-5
    )
    grey = layer(images, chances(saturation=0.0)).numpy()
    np.testing.assert_allclose(grey, grey[..., :1].repeat(3, axis=-1), atol=1e-6)
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(
        layer(images, chances(contrast=0.0)), (images - mean) / 2 + mean, atol=1e-5
    )


def test_colours_change_in_turn(images):
    numbers = np.random.default_rng(1).uniform(size=(3, 7)).astype("float32")
    brightness, saturation, contrast = (
        numbers[:, i, None, None, None] for i in range(3)
    )
    expected = images + (brightness - 0.5)
    grey = expected.mean(axis=3, keepdims=True)
    expected = (expected - grey) * (2 * saturation) + grey
    mean = expected.mean(axis=(1, 2, 3), keepdims=True)
    expected = (expected - mean) * (contrast + 0.5) + mean
    result = DiffAugment(("color",))(images, numbers)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("y", "x", "down", "right"), [(0.0, 0.5, -2, 0), (0.99, 0.7, 2, 1)]
)
def test_translation_moves_and_fills_with_zero(images, y, x, down, right):
    result = DiffAugment(("translation",))(images, chances(y=y, x=x)).numpy()
    expected = np.zeros_like(images)
    rows = slice(max(0, down), 16 + min(0, down))
    columns = slice(max(0, right), 16 + min(0, right))
    expected[:, rows, columns] = images[
        :, max(0, -down) : 16 - max(0, down), max(0, -right) : 16 - max(0, right)
    ]
    np.testing.assert_array_equal(result, expected)


def test_height_and_width_are_told_apart():
    images = np.random.default_rng(0).uniform(-1, 1, (3, 16, 24, 3)).astype("float32")
    numbers = chances(y=0.99, x=0.0, hole_y=0.25, hole_x=0.6)
    moved = DiffAugment(("translation",))(images, numbers).numpy()
    np.testing.assert_allclose(moved[:, 2:, :-3], images[:, :-2, 3:], atol=1e-6)
    assert (moved[:, :2] == 0).all() and (moved[:, :, -3:] == 0).all()
    kept = DiffAugment(("cutout",))(np.ones_like(images), numbers).numpy()
    rows, columns = (
        np.flatnonzero((kept[0, ..., 0] == 0).any(axis)) for axis in (1, 0)
    )
    assert (rows.min(), rows.max()) == (0, 7)
    assert (columns.min(), columns.max()) == (9, 20)


def test_cutout_empties_a_square(images):
    result = DiffAugment(("cutout",))(images, chances(hole_y=0.5, hole_x=0.5)).numpy()
    assert (result[:, 4:12, 4:12] == 0).all()
    outside = np.ones((16, 16), bool)
    outside[4:12, 4:12] = False
    np.testing.assert_array_equal(result[:, outside], images[:, outside])


def test_the_gradient_reaches_the_pixels_that_are_left(images):
    layer, pixels = DiffAugment(("translation", "cutout")), tf.constant(images)
    numbers = np.random.default_rng(1).uniform(size=(3, 7)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        total = tf.reduce_sum(layer(pixels, numbers))
    slopes = tape.gradient(total, pixels).numpy()
    kept = layer(np.ones_like(images), numbers).numpy()
    assert set(np.unique(slopes)) <= {0.0, 1.0}
    assert slopes.sum() == kept.sum() > 0


def test_it_stays_in_float32_under_mixed_precision(images):
    numbers = np.random.default_rng(1).uniform(size=(3, 7)).astype("float32")
    expected = DiffAugment()(images, numbers)
    keras.config.set_dtype_policy("mixed_bfloat16")
    result = DiffAugment()(images, numbers)
    np.testing.assert_array_equal(result, expected)


def test_the_policy_is_checked_and_kept():
    with pytest.raises(ValueError, match="Received: 'flip'"):
        DiffAugment(("flip",))
    layer = DiffAugment(("cutout",))
    assert DiffAugment.from_config(layer.get_config()).policy == ("cutout",)
