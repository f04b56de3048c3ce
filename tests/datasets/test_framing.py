"""Every framing against the same crop done by hand."""

import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets import DatasetError, ImageError
from aigc_keras.datasets.framing import FRAMINGS, RandomCrop, get_framing


def picture(width, height, seed=0):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3)).astype("uint8"))


@pytest.mark.parametrize("name", sorted(FRAMINGS))
@pytest.mark.parametrize("size", [(40, 64), (64, 40), (8, 8), (500, 5), (4, 4)])
def test_the_result_is_the_asked_square(name, size):
    assert get_framing(name, 8)(picture(*size)).size == (8, 8)


def test_centre_takes_the_middle_and_antialiases():
    image = picture(64, 40)
    found = np.asarray(get_framing("centre", 8)(image), int)
    square = image.crop((12, 0, 52, 40))
    expected = np.asarray(square.resize((8, 8), Image.Resampling.BICUBIC), int)
    assert np.abs(found - expected).mean() < 2
    aliased = np.asarray(square.resize((8, 8), Image.Resampling.NEAREST), int)
    assert np.abs(aliased - expected).mean() > 20


def test_a_picture_of_the_right_size_is_not_touched():
    image = picture(8, 8)
    np.testing.assert_array_equal(get_framing("centre", 8)(image), image)


def test_random_places_differ_by_picture_and_repeat():
    stripes = np.broadcast_to(np.arange(200, dtype="uint8")[None, :, None], (8, 200, 3))
    places = set()
    for seed in range(12):
        image = stripes.copy()
        image[0] = np.random.default_rng(seed).integers(0, 256, (200, 3))
        image = Image.fromarray(image)
        first, again = RandomCrop(8)(image), RandomCrop(8)(image)
        np.testing.assert_array_equal(first, again)
        places.add(int(np.asarray(first)[4, 0, 0]))
    assert len(places) > 8 and max(places) > 120 and min(places) < 80


def test_letterbox_keeps_everything_and_fills_with_white():
    image = Image.new("RGB", (16, 8), (10, 200, 30))
    found = np.asarray(get_framing("letterbox", 8)(image))
    assert (found[2:6] == (10, 200, 30)).all()
    assert (found[:2] == 255).all() and (found[6:] == 255).all()


@pytest.mark.parametrize("name", sorted(FRAMINGS))
def test_a_speck_is_refused(name):
    with pytest.raises(ImageError, match="Received: 1 x 90") as caught:
        get_framing(name, 8)(picture(1, 90))
    assert caught.value.reason == "too small"


def test_an_unknown_framing_is_refused():
    with pytest.raises(DatasetError, match="Received: framing='stretch'"):
        get_framing("stretch", 8)
