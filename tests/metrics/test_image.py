"""Pairwise image metrics against scikit-image and TensorFlow."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import metrics as reference

from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.metrics.image import (
    PSNR,
    SSIM,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiScaleSSIM,
)


def pairs():
    """Fifty random pairs and ten structured ones, uint8, 32 pixels."""
    rng = np.random.default_rng(0)
    random = rng.integers(0, 256, (2, 50, 32, 32, 3), "uint8")
    drawn = np.stack([make_example(f"pair/{i}", image_size=32)[0] for i in range(10)])
    noisy = np.clip(drawn + rng.normal(0, 12, drawn.shape), 0, 255).astype("uint8")
    # One pair is identical, and one lies flat.
    noisy[3] = drawn[3]
    drawn[4], noisy[4] = 90, 94
    return np.concatenate([random[0], noisy]), np.concatenate([random[1], drawn])


IMAGES, REFERENCES = pairs()


def similarity(image, wanted, data_range):
    return reference.structural_similarity(
        image,
        wanted,
        data_range=data_range,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )


def test_ssim_is_scikit_images():
    for image, wanted in zip(IMAGES, REFERENCES, strict=True):
        metric = SSIM()
        metric.update_state(image[None], wanted[None])
        expected = similarity(image, wanted, 255)
        assert metric.result() == pytest.approx(expected, abs=1e-5)


def test_ssim_does_not_depend_on_the_range():
    metric, scaled = SSIM(), SSIM(value_range=(-1, 1))
    metric.update_state(IMAGES, REFERENCES)
    scaled.update_state(IMAGES / 127.5 - 1, REFERENCES / 127.5 - 1)
    assert scaled.result() == pytest.approx(metric.result(), abs=1e-9)


def test_errors_are_scikit_images():
    mae, mse = MeanAbsoluteError(), MeanSquaredError()
    # In two batches of different sizes.
    for part in (slice(0, 7), slice(7, 60)):
        mae.update_state(IMAGES[part], REFERENCES[part])
        mse.update_state(IMAGES[part], REFERENCES[part])
    squared = [
        reference.mean_squared_error(a, b)
        for a, b in zip(IMAGES, REFERENCES, strict=True)
    ]
    assert mse.result() == pytest.approx(np.mean(squared), rel=1e-9)
    absolute = np.abs(IMAGES.astype(float) - REFERENCES).mean()
    assert mae.result() == pytest.approx(absolute, rel=1e-9)


def test_psnr_is_scikit_images_and_counts_identical_pairs():
    metric = PSNR()
    metric.update_state(IMAGES, REFERENCES)
    assert metric.num_identical == 1
    expected = [
        reference.peak_signal_noise_ratio(b, a, data_range=255)
        for a, b in zip(IMAGES, REFERENCES, strict=True)
        if (a != b).any()
    ]
    assert metric.result() == pytest.approx(np.mean(expected), abs=1e-5)
    metric.reset_state()
    metric.update_state(IMAGES[:2], IMAGES[:2])
    assert metric.result() == float("inf") and metric.num_identical == 2


def test_multi_scale_ssim_is_tensorflows():
    rng = np.random.default_rng(1)
    wanted = np.stack([make_example(f"big/{i}", image_size=192)[0] for i in range(3)])
    images = np.clip(wanted + rng.normal(0, 30, wanted.shape), 0, 255).astype("uint8")
    metric = MultiScaleSSIM()
    metric.update_state(images, wanted)
    expected = tf.image.ssim_multiscale(
        tf.constant(images), tf.constant(wanted), max_val=255
    )
    assert metric.result() == pytest.approx(np.mean(expected), abs=1e-4)
    metric.reset_state()
    metric.update_state(wanted, wanted)
    assert metric.result() == pytest.approx(1)


@pytest.mark.parametrize("kind", [PSNR, SSIM, MultiScaleSSIM, MeanAbsoluteError])
def test_bad_input_gets_one_clear_line(kind):
    metric = kind()
    with pytest.raises(ValueError, match="at least one pair"):
        metric.result()
    with pytest.raises(ValueError, match="one shape"):
        metric.update_state(np.zeros((1, 32, 32, 3)), np.zeros((1, 32, 31, 3)))
    with pytest.raises(ValueError, match="between 0 and 255.*-1 to -1"):
        metric.update_state(np.full((1, 32, 32, 3), -1), np.zeros((1, 32, 32, 3)))
    with pytest.raises(ValueError, match="between 0 and 255.*nan"):
        metric.update_state(np.full((1, 32, 32, 3), np.nan), np.zeros((1, 32, 32, 3)))
    with pytest.raises(ValueError, match="shape .n, height"):
        metric.update_state(np.zeros((32, 32, 3)), np.zeros((32, 32, 3)))
    with pytest.raises(ValueError, match="value_range=.1, 1."):
        kind(value_range=(1, 1))


def test_small_images_are_refused_by_windows():
    with pytest.raises(ValueError, match="at least 11 pixels"):
        SSIM().update_state(np.zeros((1, 8, 8, 3)), np.zeros((1, 8, 8, 3)))
    with pytest.raises(ValueError, match="at least 176 pixels"):
        MultiScaleSSIM().update_state(IMAGES[:1], REFERENCES[:1])


def test_they_come_back_from_their_configuration():
    metric = SSIM(value_range=(-1, 1), name="similar")
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.name == "similar" and tuple(again.value_range) == (-1, 1)
