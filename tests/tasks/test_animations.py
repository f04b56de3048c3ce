import importlib.util
import subprocess

import numpy as np
import pytest
from PIL import Image, ImageSequence

from aigc_keras.datasets import read_image
from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.tasks.animations import check_animation, write_frames

FRAMES = np.stack([make_example(f"frame/{i}", image_size=32)[0] for i in range(5)])


def read_frames(path):
    with Image.open(path) as image:
        return [np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("suffix", ["webp", "apng", "WEBP"])
def test_animations_keep_every_pixel(tmp_path, suffix):
    path = tmp_path / f"walk.{suffix}"
    write_frames(FRAMES, path, fps=10, scale=2)
    larger = FRAMES.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(read_frames(path), larger)


@pytest.mark.parametrize("suffix", ["gif", "apng"])
def test_animations_last_and_start_again(tmp_path, suffix):
    path = tmp_path / f"walk.{suffix}"
    write_frames(FRAMES, path, fps=8)
    with Image.open(path) as image:
        assert image.info["loop"] == 0 and image.n_frames == 5
        assert image.info["duration"] == {"gif": 120, "apng": 125}[suffix]


def test_a_gif_has_nearly_the_colours(tmp_path):
    write_frames(FRAMES, tmp_path / "walk.gif")
    found = np.array(read_frames(tmp_path / "walk.gif"), int)
    assert np.abs(found - FRAMES).mean() < 2


def test_a_sheet_is_read_row_by_row(tmp_path):
    write_frames(FRAMES, tmp_path / "walk.png", scale=3, columns=2)
    sheet = read_image(tmp_path / "walk.png")[::3, ::3]
    assert sheet.shape == (96, 64, 3)
    np.testing.assert_array_equal(sheet[32:64, :32], FRAMES[2])
    assert (sheet[64:, 32:] == 255).all()


def test_a_video(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    write_frames(FRAMES, tmp_path / "walk.mp4", fps=10, scale=4)
    command = [ffmpeg, "-i", tmp_path / "walk.mp4", "-f", "rawvideo"]
    command += ["-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    assert b"10 fps" in done.stderr and b"h264" in done.stderr
    found = np.frombuffer(done.stdout, "uint8").reshape(5, 128, 128, 3)
    larger = FRAMES.repeat(4, axis=1).repeat(4, axis=2).astype(int)
    assert np.abs(found - larger).mean() < 10
    assert [path.name for path in tmp_path.iterdir()] == ["walk.mp4"]


def test_a_video_without_its_package(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"aigc_keras\[video\].*walk.mp4"):
        check_animation(tmp_path / "walk.mp4")


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("walk.tiff", {}, r"\.gif or \.webp or .* Received: .*walk.tiff"),
        ("no/walk.gif", {}, "folder must exist"),
        ("walk.gif", {"fps": 0}, "fps=0"),
        ("walk.gif", {"fps": float("nan")}, "fps=nan"),
        ("walk.gif", {"scale": 0}, "scale=0"),
    ],
)
def test_impossible_outputs_leave_nothing(tmp_path, name, settings, message):
    with pytest.raises(ValueError, match=message):
        write_frames(FRAMES, tmp_path / name, **settings)
    assert not list(tmp_path.iterdir())
