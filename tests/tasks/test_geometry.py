import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets import ImageError
from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.tasks import Crop, Resize, Rotate

PICTURE = Image.fromarray(make_example("shape/0", image_size=32)[0]).crop(
    (0, 0, 32, 24)
)
BICUBIC, LANCZOS = Image.Resampling.BICUBIC, Image.Resampling.LANCZOS


def pixels(image):
    return np.asarray(image).tolist()


def test_crop_is_pillows():
    assert pixels(Crop(3, 4, 20, 24)(PICTURE)) == pixels(PICTURE.crop((3, 4, 20, 24)))


@pytest.mark.parametrize("degrees", [10, -33.3, 90, 180, 270, 360, 725])
def test_rotation_is_pillows(degrees):
    white = {"RGB": (255, 255, 255), "L": 255, "RGBA": (0, 0, 0, 0)}
    for mode, fill in white.items():
        image = PICTURE.convert(mode)
        expected = image.rotate(degrees, BICUBIC, expand=True, fillcolor=fill)
        assert pixels(Rotate(degrees)(image)) == pixels(expected)


def test_a_quarter_turn_moves_pixels_only():
    np.testing.assert_array_equal(Rotate(90)(PICTURE), np.rot90(np.asarray(PICTURE)))


@pytest.mark.parametrize("size", [(16, 12), (64, 50), (1, 1), (33, 24)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
def test_resize_is_pillows(size, mode):
    image = PICTURE.convert(mode)
    assert pixels(Resize(*size)(image)) == pixels(image.resize(size, LANCZOS))


def test_one_side_keeps_the_shape():
    assert Resize(width=16)(PICTURE).size == (16, 12)
    assert Resize(height=48)(PICTURE).size == (64, 48)
    assert Resize(width=2)(Image.new("L", (100, 1))).size == (2, 1)


@pytest.mark.parametrize("operation", [Rotate(20), Resize(20, 15)])
def test_hidden_colours_do_not_bleed(operation):
    image = Image.new("RGBA", (40, 30), (0, 255, 0, 0))
    image.paste((200, 0, 0, 255), (10, 8, 30, 22))
    found = np.asarray(operation(image)).astype(int)
    seen = found[..., 3] > 64
    assert seen.any() and found[seen][:, 1].max() <= 2


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (Crop(0, 0, 33, 24), "within the picture.*33.*32 x 24"),
        (Resize(9000, 9000), "at most 64,000,000 pixels.*9000 x 9000"),
        (Resize(width=64_000_000), "at most"),
    ],
)
def test_what_a_picture_does_not_allow(operation, message):
    with pytest.raises(ImageError, match=message):
        operation(PICTURE)


def test_a_turn_that_would_be_gigantic():
    with pytest.raises(ImageError, match="at most 64,000,000"):
        Rotate(45)(Image.new("1", (30_000, 2)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Crop(5, 0, 5, 9), "left < right"),
        (lambda: Crop(-1, 0, 5, 9), "from 0"),
        (lambda: Rotate(float("nan")), "degrees=nan"),
        (lambda: Resize(), "width=None, height=None"),
        (lambda: Resize(0, 5), "width=0"),
        (lambda: Resize(height=-3), "height=-3"),
    ],
)
def test_impossible_shapes(make, message):
    with pytest.raises(ValueError, match=message):
        make()
