"""Writes a picture in the format of its suffix, with what is said of it."""

import pathlib
import struct

from PIL import Image, PngImagePlugin

from aigc_keras.datasets.errors import ImageError
from aigc_keras.datasets.images import XMP_TEXT, to_rgb
from aigc_keras.datasets.pictures import staged

FORMAT_OF_SUFFIX = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".gif": "GIF",
    ".bmp": "BMP",
}
# Modes that a format holds; where there is no transparency, white lies behind.
MODES = {
    "JPEG": ("L", "RGB"),
    "PNG": ("L", "LA", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("L", "RGB", "RGBA"),
    "BMP": ("L", "RGB"),
}
# Hardly a difference is seen, and colours keep every pixel.
SETTINGS = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"quality": 95}}
# One segment of a JPEG holds 64 KB, its own header included.
JPEG_SEGMENT = 65_000
EXIF_SUB_FOLDER, EXIF_WIDTH, EXIF_HEIGHT = 0x8769, 0xA002, 0xA003


def write_image(image, path):
    """Write a picture; the file appears whole or not at all.

    Args:
        image: PIL image as `open_picture` returns it; its `info` is written where the
            format has a place for it, the size in its EXIF corrected.
        path: Path whose suffix is in `FORMAT_OF_SUFFIX`.

    Raises:
        ImageError: If the format cannot hold a picture of that size.
        OSError: If the file cannot be written.
    """
    form = FORMAT_OF_SUFFIX[pathlib.Path(path).suffix.lower()]
    said = image.info
    image = _to_mode_of(image, MODES[form])
    settings = {**SETTINGS.get(form, {}), **_said_in(form, said, image)}
    # Else Pillow's writers would take from it what is not to be written.
    image.info = {}
    try:
        with staged(path) as staging:
            image.save(staging, form, **settings)
    except (ValueError, struct.error) as error:
        raise ImageError(
            f"A {form} must be able to hold the picture; make it smaller or choose a "
            f"PNG. Received: {image.width} x {image.height} pixels ({error})",
            "too large",
        ) from error


def _to_mode_of(image, modes):
    if image.mode in modes:
        return image.copy()
    if image.mode == "LA" and "RGBA" in modes:
        return image.convert("RGBA")
    flat = to_rgb(image)
    return flat.convert("L") if image.mode == "LA" and "L" in modes else flat


def _said_in(form, said, image):
    """Return the writer's arguments that hold what is said of a picture."""
    names = {
        "JPEG": ("exif", "icc_profile", "xmp", "comment", "dpi"),
        "PNG": ("exif", "icc_profile", "dpi"),
        "WEBP": ("exif", "icc_profile", "xmp"),
        "GIF": ("comment",),
        "BMP": ("dpi",),
    }[form]
    settings = {name: said[name] for name in names if name in said}
    space = b"GRAY" if image.mode in ("L", "LA") else b"RGB "
    # A profile says itself which space it is for.
    if "icc_profile" in settings and settings["icc_profile"][16:20] != space:
        del settings["icc_profile"]
    if "exif" in settings:
        settings["exif"] = _with_size(settings["exif"], image.size)
    if form == "JPEG":
        for name in ("exif", "xmp", "comment"):
            if len(settings.get(name, b"")) > JPEG_SEGMENT:
                del settings[name]
    if form == "PNG":
        settings["pnginfo"] = _png_texts(said)
    return settings


def _with_size(exif_bytes, size):
    exif = Image.Exif()
    exif.load(exif_bytes)
    details = exif.get_ifd(EXIF_SUB_FOLDER)
    if EXIF_WIDTH in details:
        details[EXIF_WIDTH], details[EXIF_HEIGHT] = size
    return exif.tobytes()


def _png_texts(said):
    texts = PngImagePlugin.PngInfo()
    for key, text in said.get("text", {}).items():
        texts.add_itxt(key, text)
    if "xmp" in said:
        texts.add_itxt(XMP_TEXT, said["xmp"].decode("utf-8", "replace"))
    return texts
