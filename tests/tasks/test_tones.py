"""Tones against Pillow and scikit-image, and what transparency must not change."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from skimage.exposure import adjust_gamma

from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.tasks import (
    AdaptiveContrast,
    AutoLevels,
    Brightness,
    Contrast,
    Gamma,
    Saturation,
    Sharpen,
)

PICTURE = Image.fromarray(make_example("tone/0", image_size=32)[0])
NOISE = np.random.default_rng(0).integers(20, 200, (25, 32, 3), "uint8")
PICTURES = {
    "RGB": PICTURE,
    "L": PICTURE.convert("L"),
    "noise": Image.fromarray(NOISE),
}
ALL = (
    Brightness(1.3),
    Contrast(1.4),
    Saturation(0.3),
    Gamma(1.5),
    AutoLevels(),
    Sharpen(1.5),
    AdaptiveContrast(3.0),
)


def with_alpha(image, seed=1):
    """A picture a third of which is transparent, a third half so."""
    rng = np.random.default_rng(seed)
    alpha = rng.choice(np.array([0, 128, 255], "uint8"), image.size[::-1])
    image = image.copy()
    image.putalpha(Image.fromarray(alpha))
    return image


def assert_same(image, expected):
    assert image.mode == expected.mode
    np.testing.assert_array_equal(np.asarray(image), np.asarray(expected))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("factor", [0, 0.5, 1, 1.7, 20])
@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        (Brightness, ImageEnhance.Brightness),
        (Contrast, ImageEnhance.Contrast),
        (Saturation, ImageEnhance.Color),
    ],
)
def test_factors_are_pillows(name, factor, kind, reference):
    image = PICTURES[name]
    assert_same(kind(factor)(image), reference(image).enhance(factor))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("cutoff", [0, 0.5, 10])
def test_auto_levels_are_pillows(name, cutoff):
    image = PICTURES[name]
    assert_same(AutoLevels(cutoff)(image), ImageOps.autocontrast(image, cutoff))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize(("amount", "radius"), [(0, 2), (0.5, 2), (3, 0.7)])
def test_sharpening_is_pillows_unsharp_mask(name, amount, radius):
    image = PICTURES[name]
    mask = ImageFilter.UnsharpMask(radius, round(100 * amount), 0)
    assert_same(Sharpen(amount, radius)(image), image.filter(mask))


@pytest.mark.parametrize("gamma", [0.4, 1, 2.2])
def test_gamma_is_scikit_images(gamma):
    found = np.asarray(Gamma(gamma)(PICTURE), int)
    expected = 255 * adjust_gamma(np.asarray(PICTURE) / 255, 1 / gamma)
    assert np.abs(found - expected).max() <= 0.5 + 1e-9
    assert Gamma(1)(PICTURE).tobytes() == PICTURE.tobytes()


@pytest.mark.parametrize("operation", ALL, ids=str)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_alpha_stays_and_hidden_colours_do_not_show(operation, mode):
    picture = with_alpha(PICTURE.convert(mode))
    found = operation(picture)
    assert found.mode == mode + "A" and found.size == picture.size
    assert_same(found.getchannel("A"), picture.getchannel("A"))
    # Other colours where nothing is seen change nothing that is.
    pixels = np.array(picture)
    hidden = pixels[..., -1] == 0
    pixels[hidden, :-1] = 255 - pixels[hidden, :-1]
    again = np.asarray(operation(Image.fromarray(pixels)))
    np.testing.assert_array_equal(again[~hidden], np.asarray(found)[~hidden])


@pytest.mark.parametrize("operation", ALL, ids=str)
def test_opaque_alpha_changes_nothing(operation):
    opaque = PICTURE.copy()
    opaque.putalpha(255)
    assert_same(operation(opaque).convert("RGB"), operation(PICTURE))


@pytest.mark.parametrize("operation", ALL, ids=str)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2)])
def test_tiny_and_empty_pictures(operation, size):
    image = Image.new("RGB", size, (10, 200, 90))
    assert operation(image).size == size
    image.putalpha(0)
    assert operation(image).getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Brightness(-1), "`factor` must be .* factor=-1"),
        (lambda: Contrast(float("nan")), "factor=nan"),
        (lambda: Saturation(float("inf")), "factor=inf"),
        (lambda: Gamma(0), "gamma=0"),
        (lambda: AutoLevels(50), "cutoff=50"),
        (lambda: Sharpen(-0.1), "amount=-0.1"),
        (lambda: Sharpen(1, 0), "radius=0"),
        (lambda: AdaptiveContrast(0.5), "limit=0.5"),
        (lambda: AdaptiveContrast(2, 0), "tiles=0"),
    ],
)
def test_numbers_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
