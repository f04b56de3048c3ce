"""Picture files are filled: holes, captions, transparency and rotation."""

import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets import ImageError
from aigc_keras.datasets.holes import Box, Stroke
from aigc_keras.tasks import inpaint_file
from aigc_keras.tasks.inpaint import describe_damaged, find_holes

CAPTION = "a red ring"


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), "uint8")
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return pixels


def test_a_file_is_filled_where_it_is_missing(repairing_gan, picture, tmp_path):
    pixels = np.zeros((40, 60), "uint8")
    pixels[30:35, 2:9] = 255
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    holes = [Box(10, 10, 20, 20), Stroke(((50, 5), (50, 15)), 2)]
    mended = inpaint_file(
        repairing_gan,
        tmp_path / "picture.png",
        holes,
        tmp_path / "mask.png",
        CAPTION,
        seed=2,
    )
    missing = find_holes(picture, holes, tmp_path / "mask.png")
    assert missing[32, 4] and missing[15, 15] and missing[10, 50]
    expected = repairing_gan.inpaint(picture, missing, CAPTION, 2)
    np.testing.assert_array_equal(mended.picture, expected)
    np.testing.assert_array_equal(mended.before[~missing], picture[~missing])
    assert (mended.before[missing] == 128).all()
    assert (mended.caption, mended.found) == (CAPTION, False)
    both = mended.side_by_side()
    assert both.shape == (40, 120, 3)
    np.testing.assert_array_equal(both[:, 60:], mended.picture)


def test_without_a_caption_the_captioner_is_asked(
    repairing_gan, tiny_captioner, tmp_path
):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), "uint8")
    Image.fromarray(pixels).save(tmp_path / "a.png")
    arguments = (repairing_gan, tmp_path / "a.png", [Box(4, 4, 20, 20)], None)
    mended = inpaint_file(*arguments, captioner=tiny_captioner)
    mask = find_holes(pixels, [Box(4, 4, 20, 20)], None)
    (said,) = describe_damaged(repairing_gan, tiny_captioner, pixels[None], mask[None])
    # What is described is the picture as it would be filled without a caption.
    silent = repairing_gan.inpaint(pixels, mask)
    assert tiny_captioner.caption(silent[None]) == [said]
    assert mended.found and mended.caption == said
    given = inpaint_file(*arguments, caption=said)
    np.testing.assert_array_equal(mended.picture, given.picture)
    alone = inpaint_file(*arguments)
    assert (alone.caption, alone.found) == (None, False)
    np.testing.assert_array_equal(alone.picture, silent)


def test_a_picture_without_holes_is_described_as_repaired(
    repairing_gan, tiny_captioner
):
    pixels = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), "uint8")
    nowhere = np.zeros((1, 32, 32), bool)
    said = describe_damaged(repairing_gan, tiny_captioner, pixels, nowhere)
    assert said == tiny_captioner.caption(repairing_gan.repair(pixels[0])[None])


def test_transparency_is_kept_outside_the_holes(repairing_gan, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (36, 50, 4), "uint8")
    Image.fromarray(pixels).save(tmp_path / "glass.png")
    box = Box(5, 6, 30, 20)
    mended = inpaint_file(repairing_gan, tmp_path / "glass.png", [box])
    mask = find_holes(pixels, [box], None)
    np.testing.assert_array_equal(mended.picture[~mask], pixels[~mask])
    assert (mended.picture[mask, 3] == 255).all()
    assert (mended.before[mask] == (128, 128, 128, 255)).all()


def test_a_rotated_picture_is_turned_upright_first(repairing_gan, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (36, 50, 3), "uint8")
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    mended = inpaint_file(repairing_gan, tmp_path / "turned.png", [Box(0, 0, 9, 9)])
    upright = np.rot90(pixels, -1)
    assert mended.picture.shape == (50, 36, 3)
    np.testing.assert_array_equal(mended.picture[9:], upright[9:])


def test_bad_input_gets_one_clear_line(repairing_gan, picture, tmp_path):
    path = tmp_path / "picture.png"
    with pytest.raises(ValueError, match="none within its 60 x 40 pixels"):
        inpaint_file(repairing_gan, path, [Box(60, 0, 90, 9)])
    with pytest.raises(ImageError, match="must exist"):
        inpaint_file(repairing_gan, tmp_path / "no.png", [Box(0, 0, 9, 9)])
    with pytest.raises(ValueError, match="at most 1000 characters"):
        inpaint_file(repairing_gan, path, [Box(0, 0, 9, 9)], caption="a" * 2000)
    repairing_gan.set_repairer(None)
    with pytest.raises(ValueError, match="--task repairer"):
        inpaint_file(repairing_gan, path, [Box(0, 0, 9, 9)])
