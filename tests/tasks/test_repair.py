"""Picture files are cleaned of noise and blur."""

import numpy as np
import pytest
from PIL import Image

from aigc_keras.tasks import repair_file


@pytest.fixture
def save(tmp_path):
    """A function that saves a random picture and returns its path and pixels."""

    def save(height, width, channels=3):
        rng = np.random.default_rng(0)
        pixels = rng.integers(0, 256, (height, width, channels), "uint8")
        Image.fromarray(pixels).save(tmp_path / "picture.png")
        return tmp_path / "picture.png", pixels

    return save


def test_a_small_picture_is_repaired_by_its_caption(
    repairing_gan, tiny_captioner, save
):
    path, pixels = save(32, 32)
    given = repair_file(repairing_gan, path, "a red ring", tiny_captioner, seed=3)
    expected = repairing_gan.repair(pixels, "a red ring", 3)
    np.testing.assert_array_equal(given.picture, expected)
    np.testing.assert_array_equal(given.before, pixels)
    assert (given.caption, given.found) == ("a red ring", False)
    found = repair_file(repairing_gan, path, captioner=tiny_captioner)
    said = tiny_captioner.caption(repairing_gan.repair(pixels)[None])[0]
    assert (found.caption, found.found) == (said, True)
    np.testing.assert_array_equal(found.picture, repairing_gan.repair(pixels, said))


def test_a_large_one_is_repaired_part_by_part(repairing_gan, tiny_captioner, save):
    path, pixels = save(40, 50)
    done = []
    mended = repair_file(
        repairing_gan, path, captioner=tiny_captioner, on_tile=lambda *p: done.append(p)
    )
    assert (mended.caption, mended.found) == (None, False) and done
    np.testing.assert_array_equal(mended.picture, repairing_gan.repair(pixels))
    with pytest.raises(ValueError, match="at most 32 pixels a side"):
        repair_file(repairing_gan, path, "a red ring")


def test_transparency_is_laid_on_white(repairing_gan, save):
    path, pixels = save(20, 30, 4)
    mended = repair_file(repairing_gan, path)
    assert mended.picture.shape == mended.before.shape == (20, 30, 3)
    share = pixels[..., 3:] / 255
    white = pixels[..., :3] * share + 255 * (1 - share)
    assert np.abs(mended.before - white).max() <= 1
