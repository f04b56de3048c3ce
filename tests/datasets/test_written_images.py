"""What is read of a picture beside its pixels, and is written again."""

import struct

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from aigc_keras.datasets import ImageError
from aigc_keras.datasets.images import open_picture
from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.datasets.written_images import write_image

PICTURE = Image.fromarray(make_example("kept/0", image_size=32)[0])
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>made by hand</a></x:xmpmeta>'
ORIENTATION, DESCRIPTION, DETAILS, GPS = 0x0112, 0x010E, 0x8769, 0x8825


def exif():
    tags = Image.Exif()
    tags[ORIENTATION] = 6
    tags[DESCRIPTION] = "a red ring"
    tags.get_ifd(DETAILS)[0xA002] = 32
    tags.get_ifd(DETAILS)[0xA003] = 32
    tags.get_ifd(DETAILS)[0x9003] = "2026:11:25 10:00:00"
    tags.get_ifd(GPS)[1] = "N"
    return tags


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_what_is_said_of_a_picture_is_kept(tmp_path, suffix):
    path, again = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    settings = {"exif": exif(), "icc_profile": PROFILE, "xmp": XMP, "dpi": (300, 300)}
    if suffix == "png":
        settings["pnginfo"] = texts = PngImagePlugin.PngInfo()
        texts.add_text("parameters", "seed 7")
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    PICTURE.save(path, **settings)
    picture = open_picture(path)
    smaller = picture.resize((40, 20))
    smaller.info = picture.info
    write_image(smaller, again)
    with Image.open(again) as found:
        found.load()
        tags = found.getexif()
        assert tags[DESCRIPTION] == "a red ring" and ORIENTATION not in tags
        details = tags.get_ifd(DETAILS)
        assert (details[0xA002], details[0xA003]) == (40, 20)
        assert details[0x9003] == "2026:11:25 10:00:00"
        assert tags.get_ifd(GPS)[1] == "N"
        assert found.info["icc_profile"] == PROFILE
        assert found.info["xmp"] == XMP
        if suffix != "webp":
            assert found.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        if suffix == "png":
            assert found.text["parameters"] == "seed 7"


def test_a_thumbnail_of_what_was_is_not_kept(tmp_path):
    # As cameras write it: a second directory says where the thumbnail lies.
    thumbnail = b"\xff\xd8what was\xff\xd9"
    entry = struct.Struct(">HHII")
    first = struct.pack(">H", 1) + entry.pack(0x0132, 2, 4, 0x32303236)
    second = struct.pack(">H", 2) + entry.pack(0x0201, 4, 1, 56)
    second += entry.pack(0x0202, 4, 1, len(thumbnail)) + bytes(4)
    body = b"MM\0*" + struct.pack(">I", 8) + first + struct.pack(">I", 26) + second
    assert len(body) == 56
    PICTURE.save(tmp_path / "a.jpg", exif=b"Exif\0\0" + body + thumbnail)
    with Image.open(tmp_path / "a.jpg") as camera:
        assert thumbnail in camera.info["exif"]
        assert camera.getexif().get_ifd(ExifTags.IFD.IFD1)[0x0201] == 56
    said = open_picture(tmp_path / "a.jpg").info["exif"]
    assert thumbnail not in said and b"2026" in said


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(tmp_path, orientation):
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    pixels = np.arange(24, dtype="uint8").reshape(4, 6) * 10
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=tags)
    expected = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.T,
        6: np.rot90(pixels, -1),
        7: np.rot90(pixels.T, 2),
        8: np.rot90(pixels),
    }
    picture = open_picture(tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(picture), expected[orientation])


def test_transparency_is_read_as_it_is(tmp_path):
    layered = PICTURE.copy()
    layered.putalpha(Image.linear_gradient("L").resize(PICTURE.size))
    grey = layered.convert("LA")
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.save(tmp_path / "p.png", transparency=1)
    Image.new("L", (4, 4), 7).save(tmp_path / "keyed.png", transparency=7)
    Image.new("1", (4, 4), 1).save(tmp_path / "bits.png", transparency=1)
    layered.save(tmp_path / "rgba.png")
    grey.save(tmp_path / "la.png")
    found = {path.stem: open_picture(path) for path in tmp_path.glob("*.png")}
    modes = {name: picture.mode for name, picture in found.items()}
    assert modes == {
        "p": "RGBA",
        "keyed": "LA",
        "bits": "LA",
        "rgba": "RGBA",
        "la": "LA",
    }
    np.testing.assert_array_equal(np.asarray(found["rgba"]), np.asarray(layered))
    np.testing.assert_array_equal(np.asarray(found["la"]), np.asarray(grey))
    assert found["p"].getpixel((0, 0)) == (0, 0, 255, 0)
    assert found["keyed"].getpixel((0, 0)) == (7, 0)
    assert found["bits"].getpixel((0, 0)) == (255, 0)


def test_16_bits_ink_and_palettes(tmp_path):
    # All of it dark: no value says that there are 16 bits.
    Image.fromarray(np.array([[0, 257 // 2 + 1, 200]], "uint16")).save(
        tmp_path / "dark.png"
    )
    assert np.asarray(open_picture(tmp_path / "dark.png")).tolist() == [[0, 1, 1]]
    inks = PICTURE.convert("CMYK")
    inks.save(tmp_path / "inks.jpg", icc_profile=PROFILE, quality=100)
    found = open_picture(tmp_path / "inks.jpg")
    assert found.mode == "RGB" and "icc_profile" not in found.info
    difference = np.asarray(found, int) - np.asarray(inks.convert("RGB"))
    assert np.abs(difference).mean() < 4
    PICTURE.quantize(8).save(tmp_path / "few.png")
    assert open_picture(tmp_path / "few.png").mode == "RGB"


def test_animations_are_refused_but_not_a_cameras_two_pictures(tmp_path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for suffix in ("gif", "webp", "png"):
        path = tmp_path / f"a.{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        with pytest.raises(ImageError, match=rf"must not move.*a\.{suffix}") as caught:
            open_picture(path)
        assert caught.value.reason == "animated"
    frames[0].save(
        tmp_path / "camera.jpg", "MPO", save_all=True, append_images=frames[1:]
    )
    assert open_picture(tmp_path / "camera.jpg").size == (8, 8)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "webp", "gif", "bmp", "PNG"])
def test_every_format_takes_every_mode(tmp_path, mode, suffix):
    picture = PICTURE.convert(mode)
    if mode.endswith("A"):
        picture.putalpha(Image.new("L", picture.size, 0))
        picture.paste(PICTURE.convert(mode), (8, 8))
    path = tmp_path / f"a.{suffix}"
    write_image(picture, path)
    found = open_picture(path)
    assert found.size == picture.size
    keeps = suffix.lower() in ("png", "webp", "gif")
    if mode.endswith("A") and keeps:
        assert found.getpixel((2, 2))[-1] == 0
    elif mode.endswith("A"):
        assert np.min(found.getpixel((2, 2))) > 250
    seen = np.asarray(found.convert("RGB"), int)[8:, 8:]
    wanted = np.asarray(picture.convert("RGB"), int)[8:, 8:]
    assert np.abs(seen - wanted).mean() < (0.1 if suffix in ("png", "bmp") else 4)
    assert [left.name for left in tmp_path.iterdir()] == [f"a.{suffix}"]


def test_a_profile_of_another_space_is_left_out(tmp_path):
    grey = PICTURE.convert("L")
    grey.info = {"icc_profile": PROFILE}
    write_image(grey, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as found:
        assert "icc_profile" not in found.info


def test_what_a_jpeg_has_no_room_for_is_left_out(tmp_path):
    picture = PICTURE.copy()
    picture.info = {"xmp": b"x" * 70_000, "comment": b"short"}
    write_image(picture, tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as found:
        assert "xmp" not in found.info and found.info["comment"] == b"short"


def test_a_format_that_cannot_hold_the_picture(tmp_path):
    with pytest.raises(ImageError, match=r"WEBP.*16384 x 1 pixels"):
        write_image(Image.new("RGB", (16_384, 1)), tmp_path / "a.webp")
    assert not list(tmp_path.iterdir())
