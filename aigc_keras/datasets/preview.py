"""Draws pictures with their captions underneath."""

import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from aigc_keras.datasets.errors import DatasetError

TEXT_SIZE = 14
LINES = 4
CJK_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)


def draw_preview(images, captions, columns=6, width=160, font=None):
    """Draw a grid of pictures, each with its caption.

    Args:
        images: uint8 array `(n, side, side, 3)`.
        captions: Sequence of n str.
        columns: int. Pictures a row.
        width: int. Width of a picture in the grid, pixels.
        font: Path of a font file, a font that `load_font` returned, or None: Pillow's
            own for captions it can draw, else the first Chinese font that is found.

    Returns:
        uint8 array `(height, width, 3)`, one picture.

    Raises:
        DatasetError: If a caption needs a font that is not there.
    """
    if not isinstance(font, ImageFont.FreeTypeFont | ImageFont.ImageFont):
        font = load_font(font, "".join(captions))
    rows = -(-len(images) // columns)
    line = TEXT_SIZE + 4
    height = width + LINES * line + 8
    sheet = Image.new("RGB", (columns * (width + 8) + 8, rows * height + 8), "white")
    painter = ImageDraw.Draw(sheet)
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left = 8 + index % columns * (width + 8)
        top = 8 + index // columns * height
        picture = Image.fromarray(image)
        # Small pictures keep their pixels, large ones are smoothed.
        way = "NEAREST" if picture.width <= width else "BICUBIC"
        size = (width, width)
        sheet.paste(picture.resize(size, Image.Resampling[way]), (left, top))
        for number, text in enumerate(_wrap(caption, font, width)):
            place = (left, top + width + 4 + number * line)
            painter.text(place, text, "black", font)
    return np.asarray(sheet)


def load_font(path, text):
    """Return the font that draws a text; see `draw_preview`.

    Raises:
        DatasetError: If there is none, or the path is no font file.
    """
    if path is None and text.isascii():
        return ImageFont.load_default(TEXT_SIZE)
    found = [path] if path else [p for p in CJK_FONTS if pathlib.Path(p).is_file()]
    if not found:
        raise DatasetError(
            "Captions beyond ASCII need a font with Chinese glyphs; on Debian and "
            "Ubuntu: apt install fonts-wqy-zenhei, elsewhere: --text-font path/to/font."
            " Received: none found"
        )
    try:
        return ImageFont.truetype(str(found[0]), TEXT_SIZE)
    except OSError as error:
        raise DatasetError(
            f"`--text-font` must be a font file. Received: {found[0]} ({error})"
        ) from error


def _wrap(text, font, width):
    """Break a text into at most `LINES` lines, between any two Chinese characters."""
    lines = [""]
    for piece in _pieces(text):
        if font.getlength(lines[-1] + piece) > width and lines[-1]:
            lines.append("")
            piece = piece.lstrip()
        lines[-1] += piece
    if len(lines) > LINES:
        lines = lines[:LINES]
        lines[-1] = lines[-1][:-1] + "…"
    return lines


def _pieces(text):
    piece = ""
    for char in text:
        if char == " " or not char.isascii():
            if piece:
                yield piece
            piece = char
            if char != " ":
                yield piece
                piece = ""
        else:
            piece += char
    if piece:
        yield piece
