"""Reads one picture safely: its size first, its pixels after."""

import io
import pathlib
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from aigc_keras.datasets.errors import ImageError

# 64 megapixels decode to about 200 MB; more in one picture is a mistake or an attack.
MAX_PIXELS = 64_000_000


def read_image(source, background=(255, 255, 255)):
    """Read a picture as RGB.

    EXIF rotation is applied, transparency is laid on `background`, palettes, greyscale
    and 16-bit values are converted, and of an animation the first frame is taken.

    Args:
        source: Path, or bytes of an image file.
        background: Tuple of three int, sRGB, behind transparent pixels.

    Returns:
        uint8 array `(height, width, 3)` in [0, 255].

    Raises:
        ImageError: If the file is missing, not an image, truncated, or larger than
            `MAX_PIXELS`.
    """
    with _open(source) as image:
        try:
            image = ImageOps.exif_transpose(image)
            return np.asarray(_to_rgb(image, background))
        except (OSError, SyntaxError, ValueError) as error:
            raise ImageError(
                "An image must be a complete picture file; replace it or leave it out. "
                f"Received: {_describe(source)} ({error})"
            ) from error


def check_image(source):
    """Return `(width, height)` from the header alone, or say what is wrong.

    Raises:
        ImageError: As `read_image`, except that truncation is not noticed.
    """
    with _open(source) as image:
        return image.size


def _open(source):
    try:
        with warnings.catch_warnings():
            # The limit below is stricter than Pillow's warning.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            file = io.BytesIO(source) if isinstance(source, bytes) else source
            image = Image.open(file)
    except FileNotFoundError as error:
        raise ImageError(
            f"An image file must exist. Received: {_describe(source)}"
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(source, "more than Pillow opens") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ImageError(
            "An image must be a JPEG, PNG, WebP, GIF or BMP file. "
            f"Received: {_describe(source)}"
        ) from error
    if image.width * image.height > MAX_PIXELS:
        size = f"{image.width} x {image.height} pixels"
        image.close()
        raise _too_large(source, size)
    return image


def _too_large(source, size):
    return ImageError(
        f"An image must have at most {MAX_PIXELS:,} pixels; scale it down. "
        f"Received: {_describe(source)} of {size}"
    )


def _to_rgb(image, background):
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, "float64")
        # 16-bit greyscale opens as integers up to 65,535.
        if values.max(initial=0) > 255:
            values = values / 257
        return Image.fromarray(
            np.clip(np.round(values), 0, 255).astype("uint8")
        ).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (*background, 255))
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _describe(source):
    if isinstance(source, bytes):
        return f"{len(source):,} bytes"
    return str(pathlib.Path(source))
