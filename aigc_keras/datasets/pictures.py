"""Writes generated pictures as PNG files."""

import contextlib
import math
import os
import pathlib

import numpy as np
from PIL import Image


def check_output(path, suffixes=(".png",)):
    """Refuse an output path before any work is done.

    Args:
        path: Path of the file.
        suffixes: Sequence of str, those it may have.

    Raises:
        ValueError: If the path has another suffix, or its folder cannot be written.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() not in suffixes:
        wanted = " or ".join(suffixes)
        raise ValueError(f"The output must be a {wanted} file. Received: {path}")
    folder = path.parent
    if not folder.is_dir():
        raise ValueError(
            f"The output's folder must exist; create it first. Received: {folder}"
        )
    if not os.access(folder, os.W_OK):
        raise ValueError(
            f"The output's folder must be one that can be written. Received: {folder}"
        )


def write_picture(images, path, columns=None, scale=1):
    """Write images as one PNG that appears whole or not at all.

    Args:
        images: uint8 array `(n, side, side, 3)`; more than one are tiled.
        path: Path of the file.
        columns: int. Images a row; default about as many as rows.
        scale: int. Factor by which pixels are repeated.

    Raises:
        OSError: If the file cannot be written.
    """
    columns = columns or math.ceil(math.sqrt(len(images)))
    picture = tile_images(images, columns)
    write_png(picture.repeat(scale, axis=0).repeat(scale, axis=1), path)


def write_png(picture, path):
    """Write one picture as a PNG that appears whole or not at all.

    Args:
        picture: uint8 array `(height, width, 3)`.
        path: Path of the file.

    Raises:
        OSError: If the file cannot be written.
    """
    with staged(path) as staging:
        Image.fromarray(picture).save(staging, "PNG")


@contextlib.contextmanager
def staged(path):
    """Have a file appear whole or not at all.

    Args:
        path: Path of the file.

    Yields:
        Path beside it, of the same suffix, to write to.

    Raises:
        OSError: If the file cannot be written.
    """
    path = pathlib.Path(path)
    staging = path.with_name(f".{path.stem}.staging{path.suffix}")
    try:
        yield staging
        os.replace(staging, path)
    finally:
        staging.unlink(missing_ok=True)


def tile_images(images, columns):
    """Lay images out as one picture, row by row.

    Args:
        images: uint8 array `(n, side, side, 3)`.
        columns: int. Images a row; the last row is filled with white.

    Returns:
        uint8 array `(rows * side, columns * side, 3)`.
    """
    number, side = len(images), images.shape[1]
    rows = -(-number // columns)
    cells = np.full((rows * columns, side, side, 3), 255, "uint8")
    cells[:number] = images
    cells = cells.reshape(rows, columns, side, side, 3).swapaxes(1, 2)
    return cells.reshape(rows * side, columns * side, 3)
