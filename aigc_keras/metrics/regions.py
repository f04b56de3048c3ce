"""Compares images pair by pair within a region: PSNR and SSIM inside a mask."""

import numpy as np

from aigc_keras.metrics.image import SSIM_WINDOW, similarity_maps

# Where nothing differs the ratio is infinite; no mean could hold it.
MOST_DECIBELS = 60.0


def psnr_inside(images, references, masks, most=MOST_DECIBELS):
    """Return each pair's peak signal-to-noise ratio over the pixels of a mask.

    Args:
        images: uint8 array `(n, height, width, channels)`.
        references: The same.
        masks: bool array `(n, height, width)`, True where pixels are compared.
        most: float. What an identical region, or one nearly so, counts as.

    Returns:
        float64 array `(n,)` in decibels, at most `most`.

    Raises:
        ValueError: If the shapes differ, or a mask is empty.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.metrics import psnr_inside
    >>> image = np.zeros((1, 4, 4, 3), "uint8")
    >>> psnr_inside(image, image, np.ones((1, 4, 4), bool))
    array([60.])
    """
    images, references, masks = _check(images, references, masks)
    if not masks.any(axis=(1, 2)).all():
        raise ValueError(
            "Each of `masks` must hold a pixel. Received: an empty mask, row "
            f"{int(np.argmin(masks.any(axis=(1, 2))))}"
        )
    error = np.square(images - references).mean(axis=3)
    error = np.where(masks, error, 0).sum(axis=(1, 2)) / masks.sum(axis=(1, 2))
    return -10 * np.log10(np.maximum(error, 10 ** (-most / 10)))


def ssim_inside(images, references, masks):
    """Return each pair's structural similarity over the pixels of a mask.

    The mean of `SSIM`'s values at the mask's pixels, but for those within five pixels
    of the border, whose windows do not lie whole within the image. A window also sees
    what lies around the mask.

    Reference: Wang et al., 2004, "Image quality assessment" (eq. 13).

    Args:
        images: uint8 array `(n, height, width, channels)`, sides of 11 pixels or more.
        references: The same.
        masks: bool array `(n, height, width)`, True where pixels are compared.

    Returns:
        float64 array `(n,)`, at most 1; NaN where a mask lies within the border.

    Raises:
        ValueError: If the shapes differ, or a side is too short.
    """
    images, references, masks = _check(images, references, masks)
    if min(masks.shape[1:]) < SSIM_WINDOW:
        raise ValueError(
            f"Images must be at least {SSIM_WINDOW} pixels wide and high. "
            f"Received: {masks.shape[1]} x {masks.shape[2]}"
        )
    edge = SSIM_WINDOW // 2
    masks = masks[:, edge:-edge, edge:-edge]
    luminance, contrast = similarity_maps(images, references)
    similarity = np.where(masks, (luminance * contrast).mean(axis=3), 0)
    pixels = masks.sum(axis=(1, 2))
    sums = similarity.sum(axis=(1, 2))
    return np.divide(sums, pixels, np.full(len(sums), np.nan), where=pixels > 0)


def _check(images, references, masks):
    """Return images as float64 in [0, 1] and masks as bool."""
    images, references = (np.asarray(x) for x in (images, references))
    masks = np.asarray(masks, bool)
    if images.shape != references.shape or images.shape[:3] != masks.shape:
        raise ValueError(
            "`images` and `references` must have one shape, and `masks` theirs without "
            f"channels. Received: {images.shape}, {references.shape} and {masks.shape}"
        )
    return images / 255, references / 255, masks
