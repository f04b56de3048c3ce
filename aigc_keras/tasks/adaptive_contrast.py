"""Contrast that follows each part of a picture: limited adaptive equalisation."""

import dataclasses

import numpy as np
from PIL import Image

from aigc_keras.tasks.tones import check_number
from aigc_keras.tasks.transparency import join_alpha, split_alpha

LEVELS = 256
BAND_PIXELS = 2**20


@dataclasses.dataclass(frozen=True)
class AdaptiveContrast:
    """Equalises the brightness of every part of a picture, as far as a limit lets it.

    For pictures that are dark here and bright there. Each tile has a curve by which its
    brightness would spread evenly over all levels (CLAHE). The curve's slope is
    limited, so that noise in even areas is not blown up, and a pixel takes the mean of
    the four nearest curves, weighted by distance. Red, green and blue are moved alike,
    by as much as the brightness; what is wholly transparent does not count.

    Reference: Zuiderveld, 1994, "Contrast limited adaptive histogram equalization".
    Deviation: what is cut off a histogram is spread until no bin is above the limit,
    and a level goes to the middle of its share instead of its end, so that a limit of 1
    changes nothing.

    Args:
        limit: float. How many times the mean a histogram's bin may hold, and how steep
            a curve may be: 1 changes nothing, 2 to 4 are usual.
        tiles: int. Tiles along each side.

    Example:
    >>> from PIL import Image
    >>> from aigc_keras.tasks.adaptive_contrast import AdaptiveContrast
    >>> AdaptiveContrast(2.0)(Image.new("RGB", (30, 20))).size
    (30, 20)
    """

    limit: float = 2.0
    tiles: int = 8

    def __post_init__(self):
        check_number("limit", self.limit, 1, LEVELS)
        check_number("tiles", self.tiles, 1, 64)

    def __call__(self, image):
        """Return the changed PIL image, of the same size and mode."""
        colours, alpha = split_alpha(image)
        grey = np.asarray(colours.convert("L"))
        seen = None if alpha is None else np.asarray(alpha) > 0
        edges = [_tile_edges(length, self.tiles) for length in grey.shape]
        curves = _tile_curves(grey, seen, edges, self.limit)
        result = np.array(colours)
        rows = max(1, BAND_PIXELS // grey.shape[1])
        for start in range(0, len(grey), rows):
            band = slice(start, start + rows)
            shift = _look_up(curves, grey[band], start, edges) - grey[band]
            shift = shift.reshape(shift.shape + (1,) * (result.ndim - 2))
            result[band] = np.clip(np.round(result[band] + shift), 0, 255)
        return join_alpha(Image.fromarray(result), alpha)


def _tile_edges(length, tiles):
    return np.linspace(0, length, min(tiles, length) + 1).round().astype(int)


def _tile_curves(grey, seen, edges, limit):
    """Return each tile's curve, `(rows, columns, 256)` float32."""
    shape = [len(side) - 1 for side in edges]
    curves = np.empty((*shape, LEVELS), "float32")
    for row, column in np.ndindex(*shape):
        tile = (
            slice(edges[0][row], edges[0][row + 1]),
            slice(edges[1][column], edges[1][column + 1]),
        )
        values = grey[tile].ravel() if seen is None else grey[tile][seen[tile]]
        curves[row, column] = _curve(np.bincount(values, minlength=LEVELS), limit)
    return curves


def _curve(histogram, limit):
    """Return the level that each level goes to."""
    if not histogram.sum():
        return np.arange(LEVELS)
    shares = _limited(histogram / histogram.sum(), limit / LEVELS)
    return LEVELS * (np.cumsum(shares) - shares / 2) - 0.5


def _limited(shares, ceiling):
    """Return shares of at most a ceiling, the rest spread evenly over the others."""
    limited = np.minimum(shares, ceiling)
    # Every round fills at least one bin for good.
    for _ in range(LEVELS):
        room = limited < ceiling
        missing = 1 - limited.sum()
        if missing < 1e-9 or not room.any():
            break
        limited[room] += missing / room.sum()
        limited = np.minimum(limited, ceiling)
    return limited


def _look_up(curves, grey, first_row, edges):
    """Return rows of grey after the curves of the nearest tiles, float32."""
    rows = np.arange(first_row, first_row + len(grey))
    above, below, down = _neighbours(rows, edges[0])
    left, right, across = _neighbours(np.arange(grey.shape[1]), edges[1])
    above, below, down = (x[:, None] for x in (above, below, down))
    upper = _mix(curves[above, left, grey], curves[above, right, grey], across)
    lower = _mix(curves[below, left, grey], curves[below, right, grey], across)
    return _mix(upper, lower, down)


def _neighbours(places, edges):
    """Return the tiles before and after each place, and how far it is to the latter."""
    centres = (edges[:-1] + edges[1:] - 1) / 2
    position = np.interp(places, centres, np.arange(len(centres)))
    before = np.floor(position).astype(int)
    after = np.minimum(before + 1, len(centres) - 1)
    return before, after, (position - before).astype("float32")


def _mix(first, second, share):
    return first + share * (second - first)
