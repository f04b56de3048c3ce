"""Pictures with captions underneath, Chinese ones too."""

import numpy as np
import pytest

from aigc_keras.datasets import DatasetError
from aigc_keras.datasets import preview as preview_lib
from aigc_keras.datasets.preview import draw_preview


@pytest.fixture
def images():
    return np.stack([np.full((8, 8, 3), (i * 60, 20, 90), "uint8") for i in range(4)])


@pytest.fixture
def needs_chinese_font():
    try:
        preview_lib.load_font(None, "红")
    except DatasetError as error:
        pytest.skip(str(error))


def dark_pixels(sheet, place):
    """Pixels of ink under the picture at a place of the first row."""
    left = 8 + place * 168
    return int((sheet[172:244, left : left + 160].max(axis=-1) < 128).sum())


def test_each_picture_and_its_caption_have_their_place(images):
    captions = ["a red circle", "", "a much longer caption that needs two lines", "x"]
    sheet = draw_preview(images, captions, columns=4)
    for index, image in enumerate(images):
        assert sheet[80, 8 + index * 168 + 80].tolist() == image[0, 0].tolist()
    ink = [dark_pixels(sheet, place) for place in range(4)]
    assert ink[1] == 0 < ink[3] < ink[0] < ink[2]


def test_rows(images):
    one, two = (draw_preview(images, ["x"] * 4, columns=c) for c in (4, 2))
    assert two.shape[1] < one.shape[1] and two.shape[0] > one.shape[0]


def test_a_caption_without_end_is_cut(images):
    sheet = draw_preview(images[:1], ["word " * 300])
    assert sheet.shape[0] == 8 + 160 + 4 * 18 + 8


def test_chinese_glyphs_are_drawn_and_differ(images, needs_chinese_font):
    sheet = draw_preview(
        images, ["红色", "一二", "圆形圆形圆形圆形圆形圆形圆形", "a"], 4
    )
    ink = [dark_pixels(sheet, place) for place in range(4)]
    # Missing glyphs would all be the same box.
    assert ink[2] > ink[0] > ink[1] > 0


def test_a_missing_font_names_the_package(images, monkeypatch):
    monkeypatch.setattr(preview_lib, "CJK_FONTS", ())
    with pytest.raises(DatasetError, match="fonts-wqy-zenhei"):
        draw_preview(images[:1], ["红色"])
    assert draw_preview(images[:1], ["red"]).ndim == 3
    with pytest.raises(DatasetError, match="--text-font"):
        draw_preview(images[:1], ["red"], font="nowhere.ttf")
