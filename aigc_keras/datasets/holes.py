"""What is missing in a picture: boxes, brush strokes, or a drawn mask."""

import dataclasses

import numpy as np
from PIL import Image, ImageDraw

from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.images import read_image


@dataclasses.dataclass(frozen=True)
class Box:
    """A rectangle in pixels; `right` and `bottom` lie just outside it.

    Args:
        left, top, right, bottom: int. What lies outside the picture does not count.
    """

    left: int
    top: int
    right: int
    bottom: int

    def paint(self, draw):
        """Paint the box white with a `PIL.ImageDraw`."""
        draw.rectangle((self.left, self.top, self.right - 1, self.bottom - 1), fill=255)


@dataclasses.dataclass(frozen=True)
class Stroke:
    """A brush stroke through points, round at its ends and corners.

    Args:
        points: Tuple of `(x, y)` int in pixels, one or more.
        radius: float. Of the brush, in pixels.
    """

    points: tuple
    radius: float

    def paint(self, draw):
        """Paint the stroke white with a `PIL.ImageDraw`."""
        draw.line(self.points, fill=255, width=max(1, round(2 * self.radius)))
        for x, y in self.points:
            reach = self.radius
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)


def parse_box(text):
    """Read `left,top,right,bottom`.

    Raises:
        DatasetError: If the text is no such box, or the box is empty.
    """
    numbers = _numbers(text)
    if len(numbers) != 4 or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
        raise DatasetError(
            "A box must be left,top,right,bottom in pixels, left below right and top "
            f"below bottom. Received: {text!r}"
        )
    return Box(*numbers)


def parse_stroke(text):
    """Read `x,y,x,y,...:radius`.

    Raises:
        DatasetError: If the text is no such stroke.
    """
    places, _, radius = text.partition(":")
    numbers, radius = _numbers(places), _numbers(radius)
    if not numbers or len(numbers) % 2 or len(radius) != 1 or radius[0] < 1:
        raise DatasetError(
            "A stroke must be x,y,x,y,...:radius in pixels, with a radius of at least "
            f"1. Received: {text!r}"
        )
    return Stroke(tuple(zip(numbers[::2], numbers[1::2], strict=True)), radius[0])


def draw_holes(width, height, holes):
    """Return where a picture has holes.

    Args:
        width: int. Of the picture, in pixels.
        height: int. The same.
        holes: Iterable of `Box` and `Stroke`.

    Returns:
        bool array `(height, width)`, True inside a hole.

    Example:
    >>> from aigc_keras.datasets.holes import Box, draw_holes
    >>> int(draw_holes(8, 8, [Box(1, 2, 3, 5)]).sum())
    6
    """
    canvas = Image.new("L", (width, height))
    draw = ImageDraw.Draw(canvas)
    for hole in holes:
        hole.paint(draw)
    return np.asarray(canvas) > 0


def read_mask(source, width, height):
    """Read a mask of a picture: what is more white than black is missing.

    Args:
        source: Path, or bytes of an image file. What is transparent counts as black.
        width: int. Of the picture, in pixels.
        height: int. The same.

    Returns:
        bool array `(height, width)`, True where a pixel is missing.

    Raises:
        ImageError: If the file cannot be read.
        DatasetError: If the sizes differ.
    """
    mask = read_image(source, background=(0, 0, 0))
    if mask.shape[:2] != (height, width):
        raise DatasetError(
            f"A mask must be as large as its picture, {width} x {height} pixels. "
            f"Received: {mask.shape[1]} x {mask.shape[0]}"
        )
    return mask.mean(axis=2) >= 128


def _numbers(text):
    """Return the whole numbers of a comma-separated list, empty if it is none."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        return []
