"""What comes from the page is checked before anything is done with it."""

import io

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets import ImageError
from aigc_keras.studio import handling
from aigc_keras.studio.change_tab import read_drawing
from aigc_keras.studio.describe_tab import split_labels


def pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image)


def test_what_is_wrong_is_one_line(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Warning", said.append)

    @handling.one_line
    def fail(text):
        raise ValueError(f"wrong:\n  {text}")

    assert fail("twice\nover") == gr.skip()
    assert said == ["wrong: twice over"]
    assert handling.one_line(lambda a, b: a + b)(1, 2) == 3


def test_faults_of_the_program_are_not_hidden():
    with pytest.raises(KeyError):
        handling.one_line(lambda: {}["none"])()


def test_small_pictures_are_enlarged_and_large_ones_are_not():
    image = np.random.default_rng(0).integers(0, 256, (64, 32, 3), "uint8")
    large = handling.enlarge(image)
    assert large.shape == (256, 128, 3)
    np.testing.assert_array_equal(large[::4, ::4], image)
    assert handling.enlarge(np.zeros((300, 200, 4), "uint8")).shape == (300, 200, 4)


@pytest.mark.parametrize("number", [-1, 1.5, None])
def test_seeds_are_whole_numbers(number):
    assert handling.as_seed(3.0) == 3
    with pytest.raises(ValueError, match="whole number"):
        handling.as_seed(number)


def test_uploads_are_pictures(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(handling.as_png(np.zeros((4, 4, 3), "uint8")))
    assert handling.read_upload(str(path)) == path.read_bytes()
    path.write_bytes(b"no picture")
    with pytest.raises(ImageError):
        handling.read_upload(str(path))
    with pytest.raises(ValueError, match="uploaded first"):
        handling.read_upload(None)


def drawing(size=(6, 8), painted=(), layer_size=None):
    background = np.full((*size, 4), 255, "uint8")
    layer = np.zeros((*(layer_size or size), 4), "uint8")
    for row, column in painted:
        layer[row, column] = (255, 0, 255, 255)
    return {"background": background, "layers": [layer]}


def test_paint_becomes_a_mask():
    picture, mask = read_drawing(drawing(painted=[(2, 3), (5, 7)]))
    assert pixels(picture).shape == (6, 8, 3)
    assert np.argwhere(pixels(mask)).tolist() == [[2, 3], [5, 7]]
    assert set(np.unique(pixels(mask))) == {0, 255}


def test_a_canvas_of_another_size_fits_the_picture():
    painted = [(row, column) for row in range(6, 12) for column in range(16)]
    _, mask = read_drawing(drawing(painted=painted, layer_size=(12, 16)))
    assert pixels(mask).shape == (6, 8)
    assert pixels(mask)[4:].all() and not pixels(mask)[:2].any()


def test_without_paint_there_is_no_mask_and_transparency_stays():
    drawn = drawing()
    drawn["background"][0, 0, 3] = 0
    picture, mask = read_drawing(drawn)
    assert mask is None
    assert pixels(picture)[0, 0, 3] == 0
    for nothing in (None, {"background": None, "layers": []}):
        with pytest.raises(ValueError, match="uploaded first"):
            read_drawing(nothing)


def test_labels_are_split_at_either_comma():
    assert split_labels("a cat, a dog\uff0c 猫 ,,") == ["a cat", "a dog", "猫"]
    assert split_labels(None) == []
