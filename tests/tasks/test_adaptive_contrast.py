"""Limited adaptive equalisation against scikit-image's, and by its own properties."""

import numpy as np
import pytest
from PIL import Image
from skimage.exposure import equalize_adapthist

from aigc_keras.tasks import AdaptiveContrast


def landscape(side=64):
    """Grey of the whole range: waves on a slope, so that tiles differ."""
    y, x = np.mgrid[:side, :side] / side
    values = 0.6 * x + 0.25 * y + 0.1 * np.sin(40 * x * y)
    values = (values - values.min()) / np.ptp(values)
    return np.round(255 * values).astype("uint8")


@pytest.mark.parametrize("limit", [2.0, 4.0])
@pytest.mark.parametrize("tiles", [4, 8])
def test_it_is_nearly_scikit_images(limit, tiles):
    """Which counts histograms in whole pixels: they must be many a tile."""
    grey = landscape(512)
    found = np.asarray(AdaptiveContrast(limit, tiles)(Image.fromarray(grey)), float)
    expected = 255 * equalize_adapthist(grey, 512 // tiles, limit / 256)
    # There what comes out is stretched.
    found = (found - found.min()) / np.ptp(found) * 255
    difference = np.abs(found - expected)
    assert difference.mean() < 2 and np.quantile(difference, 0.99) < 7
    # Far less than what is changed at all.
    assert np.abs(found - grey).mean() > 15 * difference.mean()


def test_a_limit_of_one_changes_nothing():
    grey = landscape()
    found = np.asarray(AdaptiveContrast(1.0)(Image.fromarray(grey)), int)
    assert np.abs(found - grey).max() == 0


def test_without_a_limit_one_tile_is_plain_equalisation():
    rng = np.random.default_rng(0)
    values = (255 * rng.beta(2, 5, (64, 64))).astype("uint8")
    found = np.asarray(AdaptiveContrast(256, tiles=1)(Image.fromarray(values)))
    # Each value goes to the middle of its ranks.
    ranks = np.sort(values.ravel())
    low = np.searchsorted(ranks, values, "left")
    high = np.searchsorted(ranks, values, "right")
    expected = 256 * (low + high) / 2 / values.size - 0.5
    assert np.abs(found - expected).max() <= 0.5 + 1e-3


def test_dark_and_bright_parts_both_gain():
    rng = np.random.default_rng(1)
    values = rng.normal(0, 4, (64, 64))
    values[:, :32] += 30
    values[:, 32:] += 220
    image = Image.fromarray(values.clip(0, 255).astype("uint8"))
    before, found = np.asarray(image, float), np.asarray(AdaptiveContrast(3.0)(image))
    for part in (slice(0, 24), slice(40, 64)):
        assert found[:, part].std() > 1.8 * before[:, part].std()


def test_colours_move_alike():
    rng = np.random.default_rng(2)
    grey = landscape()[..., None] // 2 + 60
    pixels = (grey + rng.integers(-20, 20, 3)).astype("uint8")
    found = np.asarray(AdaptiveContrast(2.0)(Image.fromarray(pixels)), int)
    shift = found - pixels
    inside = ((found > 0) & (found < 255)).all(axis=-1)
    assert inside.mean() > 0.8
    assert (np.ptp(shift[inside], axis=-1) <= 1).all()


def test_bands_do_not_show(monkeypatch):
    from aigc_keras.tasks import adaptive_contrast

    image = Image.fromarray(landscape())
    whole = AdaptiveContrast(3.0)(image).tobytes()
    monkeypatch.setattr(adaptive_contrast, "BAND_PIXELS", 64 * 7)
    assert AdaptiveContrast(3.0)(image).tobytes() == whole
