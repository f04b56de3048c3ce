import numpy as np
import pytest
from skimage import metrics as reference

from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.metrics import pair
from aigc_keras.metrics.pair import compare_pair


def pictures(height=47, width=33):
    rng = np.random.default_rng(0)
    wanted = make_example("pair/0", image_size=64)[0][:height, :width]
    noise = rng.normal(0, 15, wanted.shape)
    return np.clip(wanted + noise, 0, 255).astype("uint8"), wanted


@pytest.mark.parametrize("band_pixels", [2**19, 33 * 5, 1])
@pytest.mark.parametrize("channels", [3, 1])
def test_bands_give_scikit_images_figures(monkeypatch, band_pixels, channels):
    monkeypatch.setattr(pair, "BAND_PIXELS", band_pixels)
    image, wanted = (x[..., :channels] for x in pictures())
    psnr, ssim = compare_pair(image, wanted)
    expected = reference.peak_signal_noise_ratio(wanted, image, data_range=255)
    assert psnr == pytest.approx(expected, abs=1e-4)
    expected = reference.structural_similarity(
        image,
        wanted,
        data_range=255,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim == pytest.approx(expected, abs=1e-5)


def test_identical_and_small_pictures():
    image, _ = pictures()
    assert compare_pair(image, image) == (float("inf"), pytest.approx(1))
    psnr, ssim = compare_pair(image[:10], image[:10] // 2)
    assert 0 < psnr < 20 and ssim is None


def test_shapes_must_agree():
    image, _ = pictures()
    with pytest.raises(ValueError, match="one shape"):
        compare_pair(image, image[1:])
