"""Brings a picture of any size to the square that a model sees."""

import dataclasses
import zlib

from PIL import Image

from aigc_keras.datasets.errors import DatasetError, ImageError

# Below this side there is nothing to see.
MIN_SIDE = 4
LETTERBOX_COLOUR = (255, 255, 255)


@dataclasses.dataclass(frozen=True)
class CentreCrop:
    """The central square, resized with antialiasing.

    Args:
        side: int. Side of the result in pixels.
    """

    side: int

    def __call__(self, image):
        """Return the framed PIL image.

        Raises:
            ImageError: If the image has a side under `MIN_SIDE` pixels.
        """
        return _crop_and_resize(image, self.side, 0.5)


@dataclasses.dataclass(frozen=True)
class RandomCrop:
    """A square at a random place, resized with antialiasing.

    The place follows from the seed and the pixels, so that a picture is framed alike
    every time it is prepared.

    Args:
        side: int. Side of the result in pixels.
        seed: int.
    """

    side: int
    seed: int = 0

    def __call__(self, image):
        """Return the framed PIL image; see `CentreCrop`."""
        thumbnail = image.resize((8, 8), Image.Resampling.BOX).tobytes()
        share = zlib.crc32(thumbnail, self.seed) / 2**32
        return _crop_and_resize(image, self.side, share)


@dataclasses.dataclass(frozen=True)
class Letterbox:
    """The whole picture, resized with antialiasing, on a white square.

    Args:
        side: int. Side of the result in pixels.
    """

    side: int

    def __call__(self, image):
        """Return the framed PIL image; see `CentreCrop`."""
        _check_side(image)
        scale = self.side / max(image.size)
        size = [max(1, round(length * scale)) for length in image.size]
        result = Image.new("RGB", (self.side, self.side), LETTERBOX_COLOUR)
        place = [(self.side - length) // 2 for length in size]
        result.paste(_resize(image, size), place)
        return result


FRAMINGS = {"centre": CentreCrop, "random": RandomCrop, "letterbox": Letterbox}


def get_framing(name, side):
    """Return a framing by name.

    Args:
        name: str. A name in `FRAMINGS`.
        side: int. Side of the result in pixels.

    Raises:
        DatasetError: If there is no such framing.
    """
    if name not in FRAMINGS:
        raise DatasetError(
            f"`framing` must be one of {sorted(FRAMINGS)}. Received: framing={name!r}"
        )
    return FRAMINGS[name](side)


def _crop_and_resize(image, side, share):
    _check_side(image)
    width, height = image.size
    square = min(width, height)
    left, top = int((width - square) * share), int((height - square) * share)
    box = (left, top, left + square, top + square)
    return _resize(image, (side, side), box)


def _resize(image, size, box=None):
    box = box or (0, 0, *image.size)
    if (box[2] - box[0], box[3] - box[1]) == tuple(size):
        return image.crop(box)
    return image.resize(size, Image.Resampling.BICUBIC, box, reducing_gap=3.0)


def _check_side(image):
    if min(image.size) < MIN_SIDE:
        raise ImageError(
            f"An image must be at least {MIN_SIDE} pixels wide and high. "
            f"Received: {image.width} x {image.height}",
            "too small",
        )
