"""Changes of brightness, colour and sharpness, each an object called with a picture."""

import dataclasses
import math

from PIL import Image, ImageEnhance, ImageFilter, ImageOps, ImageStat

from aigc_keras.tasks.transparency import fill_hidden, join_alpha, split_alpha


@dataclasses.dataclass(frozen=True)
class Brightness:
    """Multiplies every colour; `PIL.ImageEnhance.Brightness`.

    Args:
        factor: float. 0 is black, 1 changes nothing.
    """

    factor: float

    def __post_init__(self):
        check_number("factor", self.factor, 0)

    def __call__(self, image):
        """Return the changed PIL image, of the same size and mode."""
        return ImageEnhance.Brightness(image).enhance(self.factor)


@dataclasses.dataclass(frozen=True)
class Contrast:
    """Moves colours away from the mean grey; `PIL.ImageEnhance.Contrast`.

    Deviation: what is wholly transparent has no share in the mean.

    Args:
        factor: float. 0 is all grey, 1 changes nothing.
    """

    factor: float

    def __post_init__(self):
        check_number("factor", self.factor, 0)

    def __call__(self, image):
        """Return the changed PIL image, of the same size and mode."""
        colours, alpha = split_alpha(image)
        if alpha is not None and not alpha.getbbox():
            return image
        mean = ImageStat.Stat(colours.convert("L"), alpha).mean[0]
        grey = Image.new("L", colours.size, int(mean + 0.5)).convert(colours.mode)
        return join_alpha(Image.blend(grey, colours, self.factor), alpha)


@dataclasses.dataclass(frozen=True)
class Saturation:
    """Moves colours away from their own grey; `PIL.ImageEnhance.Color`.

    Args:
        factor: float. 0 is greyscale, 1 changes nothing.
    """

    factor: float

    def __post_init__(self):
        check_number("factor", self.factor, 0)

    def __call__(self, image):
        """Return the changed PIL image, of the same size and mode."""
        return ImageEnhance.Color(image).enhance(self.factor)


@dataclasses.dataclass(frozen=True)
class Gamma:
    """Brightens or darkens the middle, and leaves black and white as they are.

    A value in [0, 1] becomes its power of `1 / gamma`.

    Args:
        gamma: float. Above 1 is brighter, 1 changes nothing.
    """

    gamma: float

    def __post_init__(self):
        check_number("gamma", self.gamma, 0.01)

    def __call__(self, image):
        """Return the changed PIL image, of the same size and mode."""
        colours, alpha = split_alpha(image)
        table = [round(255 * (v / 255) ** (1 / self.gamma)) for v in range(256)]
        return join_alpha(colours.point(table * len(colours.getbands())), alpha)


@dataclasses.dataclass(frozen=True)
class AutoLevels:
    """Stretches each colour to its whole range; `PIL.ImageOps.autocontrast`.

    Channel by channel, so that a cast of colour goes too; what is wholly transparent
    does not count.

    Args:
        cutoff: float. Percentage of the darkest and of the lightest pixels of a channel
            that may become black and white, from 0 to below 50.
    """

    cutoff: float = 0.5

    def __post_init__(self):
        check_number("cutoff", self.cutoff, 0, 49.9)

    def __call__(self, image):
        """Return the changed PIL image, of the same size and mode."""
        colours, alpha = split_alpha(image)
        return join_alpha(
            ImageOps.autocontrast(colours, self.cutoff, mask=alpha), alpha
        )


@dataclasses.dataclass(frozen=True)
class Sharpen:
    """Adds what a blurred copy lacks; `PIL.ImageFilter.UnsharpMask`.

    Args:
        amount: float. 0 changes nothing, 1 adds all of the difference.
        radius: float. Deviation of the blur in pixels, up to 100.
    """

    amount: float
    radius: float = 2.0

    def __post_init__(self):
        check_number("amount", self.amount, 0)
        check_number("radius", self.radius, 0.1, 100)

    def __call__(self, image):
        """Return the changed PIL image, of the same size and mode."""
        colours, alpha = split_alpha(image)
        colours = fill_hidden(colours, alpha, self.radius)
        percent = round(100 * self.amount)
        mask = ImageFilter.UnsharpMask(self.radius, percent, threshold=0)
        return join_alpha(colours.filter(mask), alpha)


def check_number(name, value, lowest, highest=100):
    """Refuse a number out of its range.

    Raises:
        ValueError: If it is not finite, or lies outside.
    """
    if not (math.isfinite(value) and lowest <= value <= highest):
        raise ValueError(
            f"`{name}` must be a number from {lowest} to {highest}. "
            f"Received: {name}={value}"
        )
