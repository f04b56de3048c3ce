"""Keeps what is transparent out of a change of colours."""

from PIL import Image, ImageFilter


def split_alpha(image):
    """Return a picture's colours (`L` or `RGB`) and its alpha channel or None."""
    if image.mode not in ("LA", "RGBA"):
        return image, None
    return image.convert("L" if image.mode == "LA" else "RGB"), image.getchannel("A")


def join_alpha(colours, alpha):
    """Return colours with their alpha channel, where there is one."""
    if alpha is not None:
        colours = colours.copy()
        colours.putalpha(alpha)
    return colours


def fill_hidden(colours, alpha, radius):
    """Return colours in which those that cannot be seen continue what lies beside them.

    Without it, whatever a file happens to hold under its transparent pixels bleeds over
    the edge when neighbours are mixed.

    Args:
        colours: PIL image, `L` or `RGB`.
        alpha: PIL image `L` of the same size, or None: then nothing is hidden.
        radius: float. How far neighbours are mixed, deviation in pixels.
    """
    if alpha is None or alpha.getextrema()[0] > 0:
        return colours
    premultiplied = "La" if colours.mode == "L" else "RGBa"
    layer = join_alpha(colours, alpha).convert(premultiplied)
    # Weighted by alpha, and far enough that every mixed neighbour is reached.
    layer = layer.filter(ImageFilter.GaussianBlur(2 * radius))
    nearby = layer.convert("LA" if colours.mode == "L" else "RGBA")
    hidden = alpha.point(lambda value: 255 * (value == 0))
    return Image.composite(nearby.convert(colours.mode), colours, hidden)
