"""A picture with holes on a square, and what was mended back in its place."""

import numpy as np
import pytest

from aigc_keras.datasets import ImageError
from aigc_keras.datasets.pasting import paste, place_on_square, to_square


def example(height, width, channels=3):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (height, width, channels), "uint8")
    mask = np.zeros((height, width), bool)
    mask[height // 4 : height // 2, width // 3 : width // 2 + 1] = True
    return picture, mask


def test_a_picture_of_the_squares_size_comes_as_it_is():
    picture, mask = example(16, 16)
    square, holes = to_square(picture, mask, 16)
    np.testing.assert_array_equal(holes, mask)
    np.testing.assert_array_equal(square[~mask], picture[~mask])
    assert not square[mask].any()


@pytest.mark.parametrize(
    ("size", "box"),
    [((40, 80), (0, 4, 16, 12)), ((80, 40), (4, 0, 12, 16)), ((9, 5), (3, 0, 12, 16))],
)
def test_bars_are_missing(size, box):
    picture, mask = example(*size)
    assert place_on_square(size[1], size[0], 16) == box
    _, holes = to_square(picture, mask & False, 16)
    left, top, right, bottom = box
    assert not holes[top:bottom, left:right].any()
    assert holes.sum() == 256 - (right - left) * (bottom - top)


def test_colours_are_means_of_what_is_known():
    # Known pixels are red, those missing green: no green may come through.
    picture = np.zeros((64, 64, 3), "uint8")
    picture[...] = (200, 10, 10)
    mask = np.random.default_rng(0).random((64, 64)) < 0.1
    mask[:16] = True
    picture[mask] = (0, 255, 0)
    square, holes = to_square(picture, mask, 16)
    assert holes[:3].all() and not holes[6:].any()
    known = square[~holes].astype(int)
    assert np.abs(known - (200, 10, 10)).max() <= 2


@pytest.mark.parametrize("size", [(16, 16), (50, 30), (7, 12)])
@pytest.mark.parametrize("channels", [3, 4])
def test_outside_the_holes_every_bit_stays(size, channels):
    picture, mask = example(*size, channels)
    square = np.full((16, 16, 3), 77, "uint8")
    result = paste(square, picture, mask)
    np.testing.assert_array_equal(result[~mask], picture[~mask])
    assert (result[mask, :3] == 77).all() and (result[mask, 3:] == 255).all()
    assert result.shape == picture.shape and not (picture[mask] == 77).all()


def test_a_filling_comes_back_to_its_place():
    rows, columns = np.mgrid[:60, :90]
    smooth = np.stack([rows * 4, columns * 2, rows + columns], axis=2).astype("uint8")
    everything = np.ones((60, 90), bool)
    square, _ = to_square(smooth, ~everything, 32)
    back = paste(square, smooth * 0, everything)
    inner = (slice(4, -4), slice(4, -4))
    assert np.abs(back[inner].astype(int) - smooth[inner]).max() <= 4


def test_a_sliver_is_refused():
    with pytest.raises(ImageError, match="at least 4 pixels.*Received: 30 x 3"):
        to_square(*example(3, 30), 16)
