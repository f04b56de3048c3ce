"""Brings a picture with holes to a model's square, and what was mended back."""

import numpy as np
from PIL import Image

from aigc_keras.datasets.errors import ImageError
from aigc_keras.datasets.framing import MIN_SIDE

# What an opaque pixel has in its fourth channel.
OPAQUE = 255


def to_square(picture, mask, side):
    """Return a picture and its holes on a square, the whole of it, without distortion.

    The longer side becomes `side` pixels long; bars beside the picture count as missing
    too, so nothing that was not there is taken for known. A colour on the square is the
    mean of known pixels only; a place is missing where less than half of it is known.

    Args:
        picture: uint8 array `(height, width, 3)`.
        mask: bool array `(height, width)`, True where a pixel is missing.
        side: int. Side of the square in pixels.

    Returns:
        Tuple of the square, uint8 `(side, side, 3)`, 0 where something is missing, and
        its holes, bool `(side, side)`. A picture of that size comes back as it is.

    Raises:
        ImageError: If the picture has a side under 4 pixels.
    """
    height, width = mask.shape
    if min(height, width) < MIN_SIDE:
        raise ImageError(
            f"An image must be at least {MIN_SIDE} pixels wide and high. "
            f"Received: {width} x {height}",
            "too small",
        )
    known = np.where(mask, 0, 255).astype("uint8")
    seen = np.where(mask[..., None], 0, picture).astype("uint8")
    box = place_on_square(width, height, side)
    size = (box[2] - box[0], box[3] - box[1])
    share = _scale(known, size).astype("float32")
    colours = _scale(seen, size) * (255 / np.maximum(share, 1))[..., None]
    square = np.zeros((side, side, 3), "uint8")
    holes = np.ones((side, side), bool)
    place = (slice(box[1], box[3]), slice(box[0], box[2]))
    holes[place] = share < 127.5
    square[place] = np.clip(np.round(colours), 0, 255)
    square[holes] = 0
    return square, holes


def paste(square, picture, mask):
    """Return a picture whose holes are filled from a square.

    Args:
        square: uint8 array `(side, side, 3)`, the mended one of `to_square`.
        picture: uint8 array `(height, width, 3)`, or with a fourth channel of opacity.
        mask: bool array `(height, width)`, True where a pixel is missing.

    Returns:
        uint8 array shaped like `picture`: pixels outside the holes as they are, to the
        bit; those inside from the square, scaled, and opaque.
    """
    height, width = mask.shape
    box = place_on_square(width, height, len(square))
    part = square[box[1] : box[3], box[0] : box[2]]
    filled = _scale(part, (width, height), Image.Resampling.BICUBIC)
    result = picture.copy()
    result[mask, :3] = filled[mask]
    result[mask, 3:] = OPAQUE
    return result


def place_on_square(width, height, side):
    """Return where a picture lies on the square, `(left, top, right, bottom)`."""
    scale = side / max(width, height)
    across, down = (max(1, round(length * scale)) for length in (width, height))
    left, top = (side - across) // 2, (side - down) // 2
    return left, top, left + across, top + down


# A filter without negative lobes: a hole's edge would ring.
def _scale(array, size, resampling=Image.Resampling.BILINEAR):
    image = Image.fromarray(array)
    return array if image.size == size else np.asarray(image.resize(size, resampling))
