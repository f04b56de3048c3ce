"""Figures inside a mask against scikit-image's on the same pixels."""

import numpy as np
import pytest
from skimage import metrics as reference

from aigc_keras.metrics import PSNR, SSIM, psnr_inside, ssim_inside


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 24, 28, 3), "uint8")
    noisy = np.clip(images + rng.normal(0, 20, images.shape), 0, 255).astype("uint8")
    return images, noisy, rng.random((5, 24, 28)) < 0.2


def test_psnr_is_that_of_the_masks_pixels(pairs):
    images, noisy, masks = pairs
    expected = [
        reference.peak_signal_noise_ratio(a[m], b[m], data_range=255)
        for a, b, m in zip(images, noisy, masks, strict=True)
    ]
    np.testing.assert_allclose(psnr_inside(noisy, images, masks), expected, rtol=1e-9)


def test_ssim_is_the_mean_of_scikit_images_map(pairs):
    images, noisy, masks = pairs
    expected = []
    for image, other, mask in zip(images, noisy, masks, strict=True):
        _, full = reference.structural_similarity(
            image,
            other,
            data_range=255,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )
        inner = (slice(5, -5), slice(5, -5))
        expected.append(full.mean(axis=2)[inner][mask[inner]].mean())
    np.testing.assert_allclose(ssim_inside(images, noisy, masks), expected, atol=1e-6)


def test_the_whole_picture_is_what_the_metrics_say(pairs):
    images, noisy, masks = pairs
    everywhere = np.ones_like(masks)
    for function, metric in ((psnr_inside, PSNR()), (ssim_inside, SSIM())):
        metric.update_state(noisy, images)
        mean = function(noisy, images, everywhere).mean()
        assert mean == pytest.approx(metric.result(), abs=1e-9)


def test_what_lies_outside_does_not_count(pairs):
    images, noisy, masks = pairs
    mixed = np.where(masks[..., None], images, noisy)
    np.testing.assert_array_equal(psnr_inside(mixed, images, masks), 60)
    assert (psnr_inside(mixed, images, ~masks) < 40).all()
    border = np.zeros_like(masks)
    border[:, :5] = True
    assert np.isnan(ssim_inside(mixed, images, border)).all()


def test_bad_input_gets_one_clear_line(pairs):
    images, noisy, masks = pairs
    with pytest.raises(ValueError, match=r"one shape.*\(5, 24, 28\)"):
        psnr_inside(images, noisy[:, 1:], masks)
    with pytest.raises(ValueError, match="theirs without channels"):
        ssim_inside(images, noisy, masks[1:])
    masks[3] = False
    with pytest.raises(ValueError, match="an empty mask, row 3"):
        psnr_inside(images, noisy, masks)
    with pytest.raises(ValueError, match="at least 11.*9 x 28"):
        ssim_inside(images[:, :9], noisy[:, :9], masks[:, :9])
