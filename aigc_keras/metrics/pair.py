"""Compares two pictures of any size: PSNR and SSIM in little memory."""

import numpy as np

from aigc_keras.metrics.image import SSIM, SSIM_WINDOW, MeanSquaredError

# Bands of so many pixels are compared at a time.
BAND_PIXELS = 2**19


def compare_pair(image, reference):
    """Return PSNR and SSIM of a picture and another one.

    The figures of `PSNR` and `SSIM`, but worked out band by band and in float32: a
    photograph of 64 megapixels would need tens of gigabytes at once.

    Args:
        image: uint8 array `(height, width, channels)`.
        reference: The same shape.

    Returns:
        Tuple of two floats: decibels, infinite where the pictures are identical; and
        the similarity, or None where a side is shorter than the 11 pixels of a window.

    Raises:
        ValueError: If the shapes differ.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.metrics.pair import compare_pair
    >>> black = np.zeros((16, 16, 3), "uint8")
    >>> psnr, ssim = compare_pair(black + 51, black)
    >>> round(psnr, 2), round(ssim, 4)
    (13.98, 0.0025)
    """
    if image.shape != reference.shape:
        raise ValueError(
            "`image` and `reference` must have one shape. "
            f"Received: {image.shape} and {reference.shape}"
        )
    height, width = image.shape[:2]
    rows = max(1, BAND_PIXELS // width)
    error = _mean_of_bands(MeanSquaredError(), image, reference, rows, 1)
    psnr = float(10 * np.log10(255**2 / error)) if error else float("inf")
    if min(height, width) < SSIM_WINDOW:
        return psnr, None
    return psnr, _mean_of_bands(SSIM(), image, reference, rows, SSIM_WINDOW)


def _mean_of_bands(metric, image, reference, rows, window):
    """Return a figure that is a mean over places, each a window high."""
    places = len(image) - window + 1
    total = 0.0
    for start in range(0, places, rows):
        number = min(rows, places - start)
        band = slice(start, start + number + window - 1)
        pair = (np.float32(x[None, band]) / 255 for x in (image, reference))
        total += number * float(metric.compare(*pair)[0])
    return total / places
