"""Draws emoji from the Noto Color Emoji font."""

import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

from aigc_keras.datasets.errors import DatasetError

# The font's only size; its drawings are 136 x 128 pixels.
FONT_SIZE = 109
CANVAS = 136
# Transparent pixels are laid on this, sRGB.
BACKGROUND = (255, 255, 255)
FONT_PATHS = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf",
    "~/.local/share/fonts/NotoColorEmoji.ttf",
    "~/Library/Fonts/NotoColorEmoji.ttf",
)
# A private-use character that no font draws: it shows the sign for "missing".
NO_EMOJI = "\U0010fffd"


class EmojiFont:
    """The font, opened once.

    Args:
        path: Path of `NotoColorEmoji.ttf`, or None to look where systems keep it.

    Raises:
        DatasetError: If there is no such font, or Pillow cannot join the parts of an
            emoji (it needs the library FriBiDi for that).
    """

    def __init__(self, path=None):
        self.path = _find_font(path)
        if not features.check("raqm"):
            raise DatasetError(
                "`noto_emoji` needs the library FriBiDi; on Debian and Ubuntu: "
                "apt install libfribidi0. Received: Pillow without Raqm"
            )
        try:
            self._font = ImageFont.truetype(str(self.path), FONT_SIZE)
        except (OSError, ValueError) as error:
            raise DatasetError(
                "`--font` must be the bitmap font NotoColorEmoji.ttf. "
                f"Received: {self.path} ({error})"
            ) from error
        self._missing = self._paint(NO_EMOJI).tobytes()
        self._width = self._font.getlength("\U0001f600")

    def draw(self, text):
        """Draw an emoji on `BACKGROUND`.

        Args:
            text: str. One emoji.

        Returns:
            uint8 array `(136, 136, 3)`, or None if the font does not have it.
        """
        # A sequence that the font does not know falls into its parts, side by side.
        if self._font.getlength(text) > self._width:
            return None
        picture = self._paint(text)
        return None if picture.tobytes() == self._missing else np.asarray(picture)

    def _paint(self, text):
        picture = Image.new("RGB", (CANVAS, CANVAS), BACKGROUND)
        place = (0, (CANVAS - 128) // 2)
        ImageDraw.Draw(picture).text(place, text, font=self._font, embedded_color=True)
        return picture


def _find_font(path):
    if path is not None:
        path = pathlib.Path(path).expanduser()
        if not path.is_file():
            raise DatasetError(
                f"`--font` must be the path of NotoColorEmoji.ttf. Received: {path}"
            )
        return path
    for candidate in FONT_PATHS:
        candidate = pathlib.Path(candidate).expanduser()
        if candidate.is_file():
            return candidate
    raise DatasetError(
        "`noto_emoji` needs the font Noto Color Emoji; on Debian and Ubuntu: "
        "apt install fonts-noto-color-emoji, elsewhere: --font path/to/"
        "NotoColorEmoji.ttf. Received: none found"
    )
