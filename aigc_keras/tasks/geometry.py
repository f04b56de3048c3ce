"""Changes of a picture's shape, each an object called with a picture."""

import dataclasses
import math

from PIL import Image

from aigc_keras.datasets.errors import ImageError
from aigc_keras.datasets.images import MAX_PIXELS


@dataclasses.dataclass(frozen=True)
class Crop:
    """Keeps a rectangle; `PIL.Image.Image.crop`.

    Args:
        left: int. First column kept, from 0.
        top: int. First row kept.
        right: int. Column after the last one kept.
        bottom: int. Row after the last one kept.
    """

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self):
        if not (0 <= self.left < self.right and 0 <= self.top < self.bottom):
            raise ValueError(
                "A crop needs left < right and top < bottom, from 0. "
                f"Received: {dataclasses.astuple(self)}"
            )

    def __call__(self, image):
        """Return the part of a PIL image.

        Raises:
            ImageError: If the rectangle does not lie within the picture.
        """
        if self.right > image.width or self.bottom > image.height:
            raise ImageError(
                "A crop must lie within the picture. Received: "
                f"{dataclasses.astuple(self)} of {image.width} x {image.height} pixels",
                "too small",
            )
        return image.crop(dataclasses.astuple(self))


@dataclasses.dataclass(frozen=True)
class Rotate:
    """Turns a picture and makes room for its corners; `PIL.Image.Image.rotate`.

    Bicubic; by multiples of 90 degrees no pixel changes. What comes in at the corners
    is transparent where the picture has transparency, else white.

    Args:
        degrees: float. Counter-clockwise.
    """

    degrees: float

    def __post_init__(self):
        if not math.isfinite(self.degrees):
            raise ValueError(
                f"`degrees` must be a finite number. Received: degrees={self.degrees}"
            )

    def __call__(self, image):
        """Return the turned PIL image.

        Raises:
            ImageError: If it would have more than `MAX_PIXELS`.
        """
        angle = math.radians(self.degrees)
        cosine, sine = abs(math.cos(angle)), abs(math.sin(angle))
        check_size(
            round(image.width * cosine + image.height * sine),
            round(image.width * sine + image.height * cosine),
        )
        fill = {"L": 255, "RGB": (255, 255, 255)}.get(image.mode)
        return image.rotate(
            self.degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=fill
        )


@dataclasses.dataclass(frozen=True)
class Resize:
    """Brings a picture to a size with antialiasing; `PIL.Image.Image.resize`, Lanczos.

    Args:
        width: int or None. In pixels; None keeps the shape.
        height: int or None. The same.
    """

    width: int | None = None
    height: int | None = None

    def __post_init__(self):
        sides = [side for side in (self.width, self.height) if side is not None]
        if not sides or min(sides) < 1:
            raise ValueError(
                "A size needs a width, a height or both, at least 1 pixel. "
                f"Received: width={self.width}, height={self.height}"
            )

    def __call__(self, image):
        """Return the PIL image at its new size.

        Raises:
            ImageError: If it would have more than `MAX_PIXELS`.
        """
        width, height = self.width, self.height
        if width is None:
            width = max(1, round(image.width * height / image.height))
        if height is None:
            height = max(1, round(image.height * width / image.width))
        check_size(width, height)
        return image.resize((width, height), Image.Resampling.LANCZOS)


def check_size(width, height):
    """Refuse a picture that would be gigantic, before it is made.

    Raises:
        ImageError: If it would have more than `MAX_PIXELS`.
    """
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"A picture must have at most {MAX_PIXELS:,} pixels. "
            f"Received: {width} x {height}",
            "too large",
        )
