"""Covers a picture with overlapping squares, and joins what was made of them."""

import numpy as np


class Tiles:
    """Overlapping squares that cover a picture, and the picture they are joined to.

    A pixel lies in about sixteen squares, which start at odd distances: what a network
    does at the corners of its patches falls on other pixels in the next square, and the
    mean is free of it. A square counts less towards its edges, so none leaves a seam.

    Args:
        picture: array `(height, width, channels)`. Where it is shorter than `side`, its
            last rows or columns are repeated.
        side: int, from 16 up and divisible by four. Of a square, in pixels.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.datasets.tiles import Tiles
    >>> tiles = Tiles(np.zeros((16, 24, 3)), 16)
    >>> tiles.places
    [(0, 0), (0, 3), (0, 6), (0, 8)]
    """

    def __init__(self, picture, side):
        self.side = side
        self.height, self.width, channels = picture.shape
        missing = [max(0, side - length) for length in picture.shape[:2]]
        padding = [(0, missing[0]), (0, missing[1]), (0, 0)]
        self._picture = np.pad(picture, padding, "edge")
        height, width = self._picture.shape[:2]
        self.places = [
            (top, left)
            for top in _starts(height, side)
            for left in _starts(width, side)
        ]
        ramp = np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1))
        self._weight = np.outer(ramp, ramp).astype("float32")[..., None]
        self._total = np.zeros((height, width, channels), "float32")
        self._share = np.zeros((height, width, 1), "float32")

    def cut(self, places):
        """Return the squares at some of `places`, `(n, side, side, channels)`."""
        return np.stack([self._picture[self._area(place)] for place in places])

    def add(self, squares, places):
        """Lay squares on the picture that is joined.

        Args:
            squares: float array `(n, side, side, channels)`.
            places: List of n of `places`.
        """
        for square, place in zip(squares, places, strict=True):
            area = self._area(place)
            self._total[area] += self._weight * square
            self._share[area] += self._weight

    def join(self):
        """Return the mean of what was laid, float32 `(height, width, channels)`."""
        return (self._total / self._share)[: self.height, : self.width]

    def _area(self, place):
        top, left = place
        return slice(top, top + self.side), slice(left, left + self.side)


def _starts(length, side):
    last = length - side
    return [*range(0, last, side // 4 - 1), last]
