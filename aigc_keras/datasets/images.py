"""Reads one picture safely: its size first, its pixels after."""

import concurrent.futures
import contextlib
import io
import os
import pathlib
import stat
import struct

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from aigc_keras.datasets.errors import ImageError

# 64 megapixels decode to about 200 MB; more in one picture is a mistake or an attack.
MAX_PIXELS = 64_000_000
# Larger pictures are decoded one at a time and by one thread: an allocator keeps what
# each thread once needed.
LARGE_PIXELS = 8_000_000
MAX_BYTES = 256 * 2**20
# What a JPEG's header has room for.
MAX_DPI = 65_535
# Where a PNG keeps its XMP.
XMP_TEXT = "XML:com.adobe.xmp"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
# What Pillow raises over damaged EXIF, which is left out: the pixels are whole.
EXIF_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
# Modes that a picture is worked on in; all other ones become one of them.
PLAIN_MODES = ("L", "LA", "RGB", "RGBA")
_LARGE_PICTURES = concurrent.futures.ThreadPoolExecutor(1)


def read_image(source, background=(255, 255, 255), framing=None):
    """Read a picture as RGB.

    EXIF rotation is applied, transparency is laid on `background`, palettes, greyscale
    and 16-bit values are converted, and of an animation the first frame is taken.
    Whatever the number of threads, decoding needs less than about 1 GB.

    Args:
        source: Path, or bytes of an image file.
        background: Tuple of three int, sRGB, behind transparent pixels; None keeps them
            transparent.
        framing: Function from a PIL image to a PIL image that brings it to its final
            size, with an attribute `side`, see `aigc_keras.datasets.framing`; a JPEG is
            then decoded at a lower scale where that is enough. None: as it is.

    Returns:
        uint8 array `(height, width, 3)` in [0, 255]; with a fourth channel, opacity,
        for a picture with transparency and no background.

    Raises:
        ImageError: If the file is missing, not an image, truncated, or larger than
            `MAX_PIXELS`, or if `framing` refuses it.
    """
    with _open(source) as image:
        if image.width * image.height <= LARGE_PIXELS:
            return _decode(image, source, background, framing)
        task = _LARGE_PICTURES.submit(_decode, image, source, background, framing)
        return task.result()


def check_image(source):
    """Return `(width, height)` from the header alone, or say what is wrong.

    Raises:
        ImageError: As `read_image`, except that truncation is not noticed.
    """
    with _open(source) as image:
        return image.size


def open_picture(source):
    """Read a picture with its transparency and with what its file says about it.

    EXIF rotation is applied; palettes, CMYK and 16-bit values are converted.

    Args:
        source: Path, or bytes of an image file.

    Returns:
        PIL image of a mode in `PLAIN_MODES`. Its `info` holds those of `exif` (without
        thumbnail and rotation), `icc_profile`, `xmp`, `comment` (bytes), `dpi` and
        `text` (dict of a PNG's texts) that the file has.

    Raises:
        ImageError: As `read_image`, and if the picture is an animation.
    """
    with _open(source) as image:
        with _reading(source):
            # A camera's MPO is a photograph with a preview.
            moves = image.format != "MPO" and getattr(image, "is_animated", False)
        if moves:
            raise ImageError(
                "A picture must not move; save the frame that is wanted as a PNG. "
                f"Received: {_describe(source)}, an animation",
                "animated",
            )
        with _reading(source):
            _turn_upright(image)
            info = _said_of(image)
            plain = to_plain_mode(image)
        if plain is image:
            plain = image.copy()
    plain.info = info
    return plain


def to_plain_mode(image):
    """Return a PIL image in the mode of `PLAIN_MODES` that holds it best."""
    if image.mode in PLAIN_MODES and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _to_8_bits(image)
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    return image.convert(mode + "A" if image.has_transparency_data else mode)


def stored_form(path):
    """Return what a data set stores of a picture: its path, or its pixels.

    An ordinary JPEG or PNG is stored byte by byte. What a plain decoder would show
    wrongly (rotation, transparency, palettes, 16 bits, CMYK) or not at all (WebP, GIF,
    BMP) is stored as its pixels.

    Args:
        path: Path of an image file.

    Returns:
        str path, or uint8 array `(height, width, 3)`.

    Raises:
        ImageError: As `check_image`, or as `read_image` where pixels are stored.
    """
    # To look for a PNG's rotation Pillow decodes all of it.
    with _open(path) as image, _reading(path):
        plain = (
            image.format in ("JPEG", "PNG")
            and image.mode in ("RGB", "L")
            and not image.has_transparency_data
            and image.getexif().get(0x0112, 1) == 1
        )
    return str(path) if plain else read_image(path)


def _decode(image, source, background, framing):
    with _reading(source):
        if framing is not None:
            # On photographs this moves a pixel by 3 of 255 on average, and nothing
            # where the picture is less than three times the side.
            enough = 3 * framing.side // 2
            image.draft(None, (enough, enough))
        _turn_upright(image)
        image = to_rgb(image, background)
        return np.asarray(framing(image) if framing is not None else image)


@contextlib.contextmanager
def _reading(source):
    """Turn what goes wrong while a file is decoded into an `ImageError`."""
    try:
        yield
    except ImageError as error:
        raise ImageError(f"{error} ({_describe(source)})", error.reason) from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise ImageError(
            "An image must be a complete picture file; replace it or leave it out. "
            f"Received: {_describe(source)} ({error})",
            "truncated" if "truncated" in str(error) else "unreadable",
        ) from error


def _open(source):
    _check_bytes(source)
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(source, "more than Pillow opens") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ImageError(
            "An image must be a whole JPEG, PNG, WebP, GIF or BMP file. "
            f"Received: {_describe(source)}"
        ) from error
    if image.width * image.height > MAX_PIXELS:
        size = f"{image.width} x {image.height} pixels"
        image.close()
        raise _too_large(source, size)
    return image


def _check_bytes(source):
    if isinstance(source, bytes):
        size = len(source)
    else:
        try:
            status = os.stat(source)
        except (OSError, ValueError):
            status = None
        if status is None or not stat.S_ISREG(status.st_mode):
            raise ImageError(
                f"An image file must exist. Received: {_describe(source)}", "missing"
            )
        size = status.st_size
    if size > MAX_BYTES:
        raise _too_large(source, f"{size:,} bytes")


def _too_large(source, size):
    return ImageError(
        f"An image must have at most {MAX_PIXELS:,} pixels and {MAX_BYTES:,} bytes; "
        f"scale it down. Received: {_describe(source)} of {size}",
        "too large",
    )


def _turn_upright(image):
    # What the pixels have to say is said here; what goes wrong later is in the EXIF.
    image.load()
    with contextlib.suppress(*EXIF_ERRORS):
        ImageOps.exif_transpose(image, in_place=True)


def to_rgb(image, background=(255, 255, 255)):
    """Return a PIL image as RGB, what is transparent on a background."""
    if image.mode.startswith("I") or image.mode == "F":
        return _to_8_bits(image).convert("RGB")
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        return layer if background is None else lay_on(layer, background)
    return image if image.mode == "RGB" else image.convert("RGB")


def lay_on(image, background):
    """Return a transparent picture laid on a colour.

    Args:
        image: PIL image of mode `"RGBA"`.
        background: Tuple of three int, sRGB.

    Returns:
        PIL image of mode `"RGB"`.
    """
    ground = Image.new("RGB", image.size, background)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _to_8_bits(image):
    values = np.asarray(image, "float32")
    # 16-bit greyscale may open as integers of any length.
    if image.mode.startswith("I;16") or values.max(initial=0) > 255:
        values = values / 257
    return Image.fromarray(np.clip(np.round(values), 0, 255).astype("uint8"))


def _said_of(image):
    """Return what a file says of a decoded picture; see `open_picture`."""
    names = ("icc_profile", "xmp", "comment")
    info = {name: image.info[name] for name in names if image.info.get(name)}
    dpi = image.info.get("dpi", ())
    if all(1 <= resolution <= MAX_DPI for resolution in dpi):
        info["dpi"] = dpi
    if image.mode == "CMYK":
        # A profile of inks says nothing of red, green and blue.
        info.pop("icc_profile", None)
    texts = getattr(image, "text", {})
    info["text"] = {k: str(v) for k, v in texts.items() if k != XMP_TEXT}
    with contextlib.suppress(*EXIF_ERRORS):
        exif = image.getexif()
        info["exif"] = exif.tobytes() if exif else b""
    return {name: value for name, value in info.items() if value}


def _describe(source):
    if isinstance(source, bytes):
        return f"{len(source):,} bytes"
    return str(pathlib.Path(source))
