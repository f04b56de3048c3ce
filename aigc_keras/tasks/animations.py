"""Writes pictures that follow each other: an animation, a video or a sheet."""

import importlib.util
import pathlib

import numpy as np
from PIL import Image

from aigc_keras.datasets.pictures import check_output, staged, write_picture

SHEET_COLUMNS = 8
# Players slow down what is shorter than two hundredths of a second.
FASTEST = 50


def check_animation(path, fps=8, scale=1):
    """Refuse an output of frames before any work is done.

    Args:
        path: Path of the file.
        fps: float. Frames a second.
        scale: int. Factor of enlargement.

    Raises:
        ValueError: If the suffix is none of `WRITERS`, the folder cannot be written, a
            number is out of range, or a video cannot be made for want of a package.
    """
    check_output(path, tuple(WRITERS))
    if not 0.1 <= fps <= FASTEST:
        raise ValueError(
            f"`fps` must lie between 0.1 and {FASTEST}. Received: fps={fps}"
        )
    if scale < 1:
        raise ValueError(f"`scale` must be at least 1. Received: scale={scale}")
    video = pathlib.Path(path).suffix.lower() == ".mp4"
    if video and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ValueError(
            "An .mp4 file needs the package imageio-ffmpeg: pip install "
            f"'aigc_keras[video]', or choose .webp. Received: {path}"
        )


def write_frames(images, path, fps=8, scale=1, columns=SHEET_COLUMNS):
    """Write frames in the form that the suffix names; appears whole or not at all.

    `.gif` (256 colours a frame), `.webp` and `.apng` (every pixel as it is) and `.mp4`
    (H.264, with the extra `video`) move, and all but the last start again at the end;
    `.png` is one sheet, to be read row by row.

    Args:
        images: uint8 array `(n, height, width, 3)`.
        path: Path of the file.
        fps: float. Frames a second.
        scale: int. Factor by which pixels are repeated.
        columns: int. Most frames a row of a sheet.

    Raises:
        ValueError: See `check_animation`.
        OSError: If the file cannot be written.
    """
    check_animation(path, fps, scale)
    path = pathlib.Path(path)
    if path.suffix.lower() == ".png":
        write_picture(images, path, min(len(images), columns), scale)
        return
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    with staged(path) as staging:
        WRITERS[path.suffix.lower()](images, staging, fps)


def _write_gif(images, path, fps):
    # In hundredths of a second, as it is counted there.
    _write_animation(images, path, 10 * round(100 / fps), format="GIF")


def _write_apng(images, path, fps):
    _write_animation(images, path, round(1000 / fps), format="PNG")


def _write_webp(images, path, fps):
    _write_animation(images, path, round(1000 / fps), format="WEBP", lossless=True)


def _write_animation(images, path, duration, **settings):
    first, *others = [Image.fromarray(image) for image in images]
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=duration,
        loop=0,
        **settings,
    )


def _write_mp4(images, path, fps):
    import imageio_ffmpeg

    height, width = images.shape[1:3]
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=fps,
        quality=8,
        macro_block_size=2,
        ffmpeg_log_level="error",
    )
    writer.send(None)
    try:
        for image in images:
            writer.send(np.ascontiguousarray(image))
    finally:
        writer.close()


WRITERS = {
    ".gif": _write_gif,
    ".webp": _write_webp,
    ".apng": _write_apng,
    ".mp4": _write_mp4,
    ".png": write_picture,
}
