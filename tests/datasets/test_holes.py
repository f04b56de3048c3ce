"""Masks of boxes, strokes and files."""

import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets import DatasetError
from aigc_keras.datasets.holes import (
    Box,
    Stroke,
    draw_holes,
    parse_box,
    parse_stroke,
    read_mask,
)


def test_a_box_holds_its_pixels():
    mask = draw_holes(9, 7, [parse_box("2,1,5,4")])
    expected = np.zeros((7, 9), bool)
    expected[1:4, 2:5] = True
    np.testing.assert_array_equal(mask, expected)


def test_what_lies_outside_does_not_count():
    mask = draw_holes(6, 6, [Box(-4, -4, 2, 3), Box(20, 20, 30, 30)])
    assert mask[:3, :2].all() and mask.sum() == 6


def test_a_stroke_is_near_its_line_and_round():
    stroke = parse_stroke("8,8,40,8,40,30:5")
    assert stroke == Stroke(((8, 8), (40, 8), (40, 30)), 5)
    mask = draw_holes(60, 50, [stroke])
    rows, columns = np.mgrid[:50, :60]
    first = np.hypot(rows - 8, columns - np.clip(columns, 8, 40))
    second = np.hypot(rows - np.clip(rows, 8, 30), columns - 40)
    distance = np.minimum(first, second)
    assert mask[distance < 4].all() and not mask[distance > 6.5].any()


def test_a_stroke_of_one_point_is_a_dot():
    mask = draw_holes(20, 20, [parse_stroke("10,9:4")])
    rows, columns = np.mgrid[:20, :20]
    distance = np.hypot(rows - 9, columns - 10)
    assert mask[distance < 3.5].all() and not mask[distance > 4.6].any()


def test_holes_add_up():
    parts = [Box(0, 0, 3, 3), Stroke(((10, 10),), 2)]
    together = draw_holes(16, 16, parts)
    each = [draw_holes(16, 16, [part]) for part in parts]
    np.testing.assert_array_equal(together, each[0] | each[1])


def test_a_mask_is_read_from_any_picture(tmp_path):
    pixels = np.zeros((6, 8, 4), "uint8")
    pixels[..., 3] = 255
    pixels[1:3, 2:5] = 255
    # White, but not to be seen.
    pixels[4:] = (255, 255, 255, 0)
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    mask = read_mask(tmp_path / "mask.png", 8, 6)
    assert mask.sum() == 6 and mask[1:3, 2:5].all()
    Image.fromarray(pixels[..., 0] > 0).save(tmp_path / "bits.png")
    assert read_mask(tmp_path / "bits.png", 8, 6).sum() == 6 + 16
    with pytest.raises(DatasetError, match="8 x 7 pixels. Received: 8 x 6"):
        read_mask(tmp_path / "mask.png", 8, 7)


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "5,1,2,9", "1,4,3,4", "1.5,2,3,4"]
)
def test_a_wrong_box_is_refused(text):
    with pytest.raises(DatasetError, match="left,top,right,bottom"):
        parse_box(text)


@pytest.mark.parametrize(
    "text", ["", "1,2", "1,2,3:4", ":3", "1,2:0", "1,2:-3", "1,2:x", "1,2:3:4", "x:1"]
)
def test_a_wrong_stroke_is_refused(text):
    with pytest.raises(DatasetError, match="x,y,x,y,...:radius"):
        parse_stroke(text)
