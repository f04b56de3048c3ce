"""Chains of operations, in memory and from file to file."""

import os

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from skimage import metrics as reference

from aigc_keras.datasets import ImageError
from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.tasks import (
    Brightness,
    Contrast,
    Crop,
    Resize,
    Rotate,
    Saturation,
    enhance_file,
    enhance_files,
    enhance_image,
)
from aigc_keras.tasks.enhance import plan_outputs

PICTURE = Image.fromarray(make_example("chain/0", image_size=32)[0])


def test_operations_follow_each_other():
    chain = [Resize(20, 16), Contrast(1.5), Rotate(90), Brightness(0.8)]
    expected = PICTURE.resize((20, 16), Image.Resampling.LANCZOS)
    expected = ImageEnhance.Contrast(expected).enhance(1.5).transpose(2)
    expected = ImageEnhance.Brightness(expected).enhance(0.8)
    assert enhance_image(PICTURE, chain).tobytes() == expected.tobytes()
    other = enhance_image(PICTURE, chain[::-1])
    assert other.size == (20, 16) != enhance_image(PICTURE, chain).size


def test_a_function_is_an_operation_too():
    flipped = enhance_image(PICTURE, [lambda image: image.transpose(0)])
    np.testing.assert_array_equal(flipped, np.asarray(PICTURE)[:, ::-1])


@pytest.mark.parametrize(
    ("mode", "plain"),
    [("P", "RGB"), ("1", "L"), ("CMYK", "RGB"), ("YCbCr", "RGB"), ("LA", "LA")],
)
def test_any_mode(mode, plain):
    image = PICTURE.convert(mode)
    image.info["note"] = "kept"
    before = image.tobytes()
    found = enhance_image(image, [Brightness(0.5)])
    assert found.mode == plain and found.info == {"note": "kept"}
    assert image.tobytes() == before
    nothing = enhance_image(image, [])
    assert nothing.tobytes() == image.convert(plain).tobytes()


def test_a_file_is_enhanced_and_measured(tmp_path):
    PICTURE.save(tmp_path / "a.png")
    found = enhance_file(tmp_path / "a.png", tmp_path / "b.png", [Contrast(1.5)])
    expected = np.asarray(ImageEnhance.Contrast(PICTURE).enhance(1.5))
    with Image.open(tmp_path / "b.png") as written:
        np.testing.assert_array_equal(np.asarray(written), expected)
    assert found["size"] == [32, 32] and found["output"] == str(tmp_path / "b.png")
    psnr = reference.peak_signal_noise_ratio(np.asarray(PICTURE), expected)
    assert found["psnr"] == pytest.approx(psnr)
    ssim = reference.structural_similarity(
        np.asarray(PICTURE),
        expected,
        channel_axis=-1,
        gaussian_weights=True,
        use_sample_covariance=False,
    )
    assert found["ssim"] == pytest.approx(ssim, abs=1e-5)


def test_figures_leave_out_what_only_moves(tmp_path):
    PICTURE.save(tmp_path / "a.png")
    pair = tmp_path / "a.png", tmp_path / "b.png"
    moves = [Crop(2, 3, 30, 29), Rotate(12), Resize(24)]
    found = enhance_file(*pair, moves)
    assert found["psnr"] is None and found["ssim"] == pytest.approx(1)
    found = enhance_file(*pair, [*moves, Saturation(0)])
    assert 5 < found["psnr"] < 40 and 0 < found["ssim"] < 1
    # Neither does a figure exist for what the caller's own function does to the size.
    found = enhance_file(*pair, [lambda image: image.crop((0, 0, 20, 20))])
    assert found["psnr"] is None and found["ssim"] is None
    assert set(enhance_file(*pair, moves, compare=False)) == {
        "picture",
        "output",
        "size",
    }


def test_small_and_transparent_pictures_have_figures(tmp_path):
    small = PICTURE.resize((8, 8))
    small.putalpha(90)
    small.save(tmp_path / "a.png")
    found = enhance_file(tmp_path / "a.png", tmp_path / "b.jpg", [Brightness(0.2)])
    assert found["psnr"] > 0 and found["ssim"] is None
    Image.new("LA", (16, 16), (9, 0)).save(tmp_path / "a.png")
    found = enhance_file(tmp_path / "a.png", tmp_path / "b.png", [Brightness(9)])
    # Nothing of it is seen, before and after.
    assert found["psnr"] is None and found["ssim"] == pytest.approx(1)


def test_the_source_is_safe_unless_it_is_asked_for(tmp_path):
    path, link = tmp_path / "a.png", tmp_path / "link.png"
    PICTURE.save(path)
    link.symlink_to(path)
    before = path.read_bytes()
    for output in (path, link, tmp_path / "." / "a.png"):
        with pytest.raises(ValueError, match="must not be the picture itself"):
            enhance_file(path, output, [Brightness(0)])
    assert path.read_bytes() == before
    enhance_file(link, link, [Brightness(0)], in_place=True)
    assert link.is_symlink() and np.asarray(Image.open(path)).max() == 0


def test_an_unknown_suffix_is_refused_first(tmp_path):
    with pytest.raises(ValueError, match=r"\.jpg, .*Received: .*b\.tiff"):
        enhance_file(tmp_path / "missing.png", tmp_path / "b.tiff", [])


def test_a_failed_write_leaves_what_was_there(tmp_path):
    PICTURE.save(tmp_path / "a.png")
    (tmp_path / "b.webp").write_bytes(b"older")
    with pytest.raises(ImageError, match="WEBP must be able to hold"):
        enhance_file(tmp_path / "a.png", tmp_path / "b.webp", [Resize(17_000, 4)])
    assert (tmp_path / "b.webp").read_bytes() == b"older"
    assert sorted(os.listdir(tmp_path)) == ["a.png", "b.webp"]


def test_of_a_folder_the_good_are_done_and_the_bad_told(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.png", "b.jpg", "c.webp"):
        PICTURE.save(folder / name)
    data = (folder / "a.png").read_bytes()
    (folder / "broken.png").write_bytes(data[: len(data) // 2])
    (folder / "text.gif").write_text("no picture")
    (folder / "notes.txt").write_text("no picture, and none is looked for")
    (folder / "deeper").mkdir()
    seen = []
    pairs = plan_outputs(folder, tmp_path / "out")
    result = enhance_files(
        pairs, [Contrast(1.2)], on_picture=lambda *at: seen.append(at)
    )
    assert sorted(os.listdir(tmp_path / "out")) == ["a.png", "b.jpg", "c.webp"]
    assert len(result["pictures"]) == 3
    reasons = {os.path.basename(x["picture"]): x["reason"] for x in result["failed"]}
    assert reasons == {"broken.png": "truncated", "text.gif": "unreadable"}
    assert all("Received: " in failed["message"] for failed in result["failed"])
    assert seen == [(done, 5) for done in range(6)]


def test_what_cannot_be_written_is_told(tmp_path):
    PICTURE.save(tmp_path / "a.png")
    (tmp_path / "b.png").mkdir()
    pairs = [(tmp_path / "a.png", tmp_path / "b.png")]
    failed = enhance_files(pairs, [Contrast(1.2)])["failed"]
    assert [row["reason"] for row in failed] == ["unwritable"]


def test_plans(tmp_path):
    PICTURE.save(tmp_path / "a.png")
    (tmp_path / "out").mkdir()
    picture = tmp_path / "a.png"
    assert plan_outputs(picture) == [(picture, picture)]
    assert plan_outputs(tmp_path) == [(picture, picture)]
    assert plan_outputs(picture, tmp_path / "b.jpg") == [(picture, tmp_path / "b.jpg")]
    assert plan_outputs(picture, tmp_path / "out")[0][1] == tmp_path / "out" / "a.png"
    with pytest.raises(ValueError, match="folder must exist"):
        plan_outputs(picture, tmp_path / "no" / "b.png")
    with pytest.raises(ValueError, match="must hold JPEG"):
        plan_outputs(tmp_path / "out", tmp_path / "other")
    with pytest.raises(ValueError, match="folder that can be made"):
        plan_outputs(tmp_path, picture)
    with pytest.raises(ValueError, match="another folder than"):
        plan_outputs(tmp_path, tmp_path / "out" / "..")
