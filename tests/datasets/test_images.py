import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets import ImageError, read_image
from aigc_keras.datasets.framing import CentreCrop
from aigc_keras.datasets.images import check_image, open_picture, stored_form


def picture(mode, size=(6, 4)):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (size[1], size[0], 3)).astype("uint8")
    return Image.fromarray(pixels).convert(mode)


def huge_png(side):
    """A PNG of side x side black pixels in a few kilobytes."""

    def chunk(kind, body):
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", body),
            chunk(b"IEND", b""),
        ]
    )


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "CMYK", "YCbCr"])
def test_colour_modes_become_rgb(tmp_path, mode):
    image = picture(mode)
    path = tmp_path / ("x.jpg" if mode in ("CMYK", "YCbCr") else "x.png")
    image.save(path)
    pixels = read_image(path)
    assert pixels.shape == (4, 6, 3) and pixels.dtype == np.uint8
    with Image.open(path) as opened:
        np.testing.assert_array_equal(pixels, np.asarray(opened.convert("RGB")))


def test_transparency_is_laid_on_the_background(tmp_path):
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    image.save(tmp_path / "x.png")
    pixels = read_image(tmp_path / "x.png", background=(1, 2, 3))
    assert pixels.tolist() == [[[255, 0, 0], [1, 2, 3]]]


def test_transparency_is_kept_without_a_background(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 4), "uint8")
    Image.fromarray(pixels).save(tmp_path / "glass.png")
    kept = read_image(tmp_path / "glass.png", background=None)
    np.testing.assert_array_equal(kept, pixels)
    Image.fromarray(pixels[..., :3]).save(tmp_path / "solid.png")
    assert read_image(tmp_path / "solid.png", background=None).shape == (3, 5, 3)


def test_16_bit_greyscale_is_scaled(tmp_path):
    values = np.array([[0, 257, 65535]], "uint16")
    Image.fromarray(values).save(tmp_path / "x.png")
    assert read_image(tmp_path / "x.png")[..., 0].tolist() == [[0, 1, 255]]
    # Dark values are of 16 bits too.
    Image.fromarray(values // 512).save(tmp_path / "x.png")
    assert read_image(tmp_path / "x.png")[..., 0].tolist() == [[0, 0, 0]]


def test_exif_rotation_is_applied(tmp_path):
    image = picture("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "x.png", exif=exif)
    assert read_image(tmp_path / "x.png").shape == (6, 4, 3)


def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a red ring"
    picture("RGB").save(tmp_path / "x.png", exif=exif)
    expected = read_image(tmp_path / "x.png")
    # The text under the number of a tag that holds numbers.
    damaged = exif.tobytes().replace(b"\x01\x0e\x00\x02", b"\x01\x00\x00\x02")
    picture("RGB").save(tmp_path / "x.png", exif=damaged)
    assert expected.shape == (6, 4, 3)
    np.testing.assert_array_equal(read_image(tmp_path / "x.png"), expected)
    opened = open_picture(tmp_path / "x.png")
    np.testing.assert_array_equal(np.asarray(opened), expected)
    assert "exif" not in opened.info


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (3, 3), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert read_image(tmp_path / "x.gif")[0, 0].tolist() == [255, 0, 0]


def test_bytes_are_read_too(tmp_path):
    picture("RGB").save(tmp_path / "x.png")
    path = tmp_path / "x.png"
    np.testing.assert_array_equal(read_image(path.read_bytes()), read_image(path))


def test_a_gigantic_picture_in_a_small_file_is_refused_undecoded(tmp_path):
    path = tmp_path / "huge.png"
    path.write_bytes(huge_png(30_000))
    assert path.stat().st_size < 300_000
    for read in (check_image, read_image):
        with pytest.raises(ImageError, match=r"huge\.png"):
            read(path)


@pytest.mark.parametrize("spoil", ["truncated", "text", "missing"])
def test_broken_files_are_named(tmp_path, spoil):
    path = tmp_path / "broken.png"
    picture("RGB", (64, 64)).save(path)
    if spoil == "truncated":
        path.write_bytes(path.read_bytes()[:2000])
    elif spoil == "text":
        path.write_text("not a picture")
    else:
        path.unlink()
    with pytest.raises(ImageError, match=r"Received: .*broken\.png") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)
    reasons = {"truncated": "truncated", "text": "unreadable", "missing": "missing"}
    assert caught.value.reason == reasons[spoil]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "bmp"])
def test_formats(tmp_path, suffix):
    Image.new("RGB", (9, 7), (250, 20, 20)).save(tmp_path / f"x.{suffix}")
    pixels = read_image(tmp_path / f"x.{suffix}")
    assert pixels.shape == (7, 9, 3)
    assert np.abs(pixels.astype(int) - (250, 20, 20)).max() < 12


def test_a_large_jpeg_decoded_at_a_lower_scale_looks_the_same(tmp_path):
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3)).astype("uint8"))
    coarse.resize((1024, 768), Image.Resampling.BICUBIC).save(tmp_path / "x.jpg")
    found = read_image(tmp_path / "x.jpg", framing=CentreCrop(64)).astype(int)
    whole = Image.fromarray(read_image(tmp_path / "x.jpg")[:, 128:896])
    expected = np.asarray(whole.resize((64, 64), Image.Resampling.BICUBIC), int)
    assert np.abs(found - expected).mean() < 1


def test_rotation_and_a_lower_scale_go_together(tmp_path):
    # Red on the left; orientation 6 turns it to the top.
    picture = Image.new("RGB", (800, 600), (20, 20, 220))
    picture.paste((220, 20, 20), (0, 0, 400, 600))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "x.jpg", exif=exif, quality=95)
    found = read_image(tmp_path / "x.jpg", framing=CentreCrop(32)).astype(int)
    assert np.abs(found[:14] - (220, 20, 20)).max() < 16
    assert np.abs(found[18:] - (20, 20, 220)).max() < 16


def test_what_a_data_set_stores(tmp_path):
    picture("RGB").save(tmp_path / "plain.png")
    assert stored_form(tmp_path / "plain.png") == str(tmp_path / "plain.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture("RGB").save(tmp_path / "rotated.jpg", exif=exif)
    picture("P").save(tmp_path / "palette.png")
    picture("RGB").save(tmp_path / "modern.webp")
    for name in ("rotated.jpg", "palette.png", "modern.webp"):
        np.testing.assert_array_equal(
            stored_form(tmp_path / name), read_image(tmp_path / name)
        )


MEASURE = """
import concurrent.futures, resource, sys
from aigc_keras.datasets.framing import CentreCrop
from aigc_keras.datasets.images import read_image
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda path: read_image(path, framing=CentreCrop(64)), sys.argv[1:]))
print(peak() - before)
"""


@pytest.mark.slow
def test_eight_threads_stay_within_a_gigabyte(tmp_path):
    """The worst files that are let through: 64 megapixels with transparency."""
    paths = [tmp_path / f"{index}.png" for index in range(8)]
    Image.new("RGBA", (8000, 8000), (9, 99, 199, 128)).save(paths[0], compress_level=1)
    for path in paths[1:]:
        path.hardlink_to(paths[0])
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, paths)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) < 2**30
