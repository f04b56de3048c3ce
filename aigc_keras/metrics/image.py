"""Compares images pair by pair: MAE, MSE, PSNR, SSIM, MS-SSIM."""

import keras
import numpy as np
from scipy.ndimage import correlate1d

# Wang et al., 2004 (sec. III-B): window, its deviation, and the two constants.
SSIM_WINDOW = 11
SSIM_SIGMA = 1.5
SSIM_CONSTANTS = (0.01, 0.03)
# Wang et al., 2003, "Multi-scale structural similarity" (sec. 3.2).
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


class _PairwiseMetric(keras.metrics.Metric):
    """Mean of a figure over pairs of images, computed in float64."""

    def __init__(self, value_range=(0, 255), name=None):
        super().__init__(name=name or type(self).__name__.lower())
        low, high = value_range
        if not high > low:
            raise ValueError(
                "`value_range` must be (lowest, highest) values that a pixel can have. "
                f"Received: value_range={value_range}"
            )
        self.value_range = (low, high)
        self.reset_state()

    def reset_state(self):
        """Forget every pair."""
        self._sum, self._count = 0.0, 0

    def update_state(self, images, references):
        """Compare images with their references.

        Args:
            images: `(n, height, width, channels)`, within `value_range`.
            references: The same shape.

        Raises:
            ValueError: If the shapes differ or a value is out of range or no number.
        """
        images, references = (self._check(x) for x in (images, references))
        if images.shape != references.shape:
            raise ValueError(
                "`images` and `references` must have one shape. "
                f"Received: {images.shape} and {references.shape}"
            )
        if len(images):
            self._add(self.compare(images, references))

    def compare(self, images, references):
        """Return the figure of each pair, `(n,)`; pixels come as floats in [0, 1]."""
        raise NotImplementedError

    def result(self):
        """Return the mean over all pairs, a float.

        Raises:
            ValueError: If there was no pair.
        """
        if not self._count:
            raise ValueError("`result` needs at least one pair. Received: none")
        return self._sum / self._count

    def _add(self, figures):
        self._sum += float(np.sum(figures))
        self._count += len(figures)

    def _check(self, images):
        images = np.asarray(images)
        low, high = self.value_range
        if images.ndim != 4:
            raise ValueError(
                "Images must have the shape (n, height, width, channels). "
                f"Received: {images.shape}"
            )
        values = images.astype("float64")
        # A NaN is in no range either.
        if values.size and not (values.min() >= low and values.max() <= high):
            raise ValueError(
                f"Pixels must lie between {low} and {high}; say otherwise by "
                f"`value_range`. Received: {values.min():g} to {values.max():g}"
            )
        return (values - low) / (high - low)

    @property
    def _width(self):
        return self.value_range[1] - self.value_range[0]

    def get_config(self):
        """Return the constructor's arguments."""
        return {"name": self.name, "value_range": self.value_range}


@keras.saving.register_keras_serializable(package="aigc_keras")
class MeanAbsoluteError(_PairwiseMetric):
    """Mean absolute difference of pixels, in their own unit.

    Args:
        value_range: Tuple of the lowest and highest value, default (0, 255).
        name: str.
    """

    def compare(self, images, references):
        """Return the error of each pair."""
        return self._width * np.abs(images - references).mean(axis=(1, 2, 3))


@keras.saving.register_keras_serializable(package="aigc_keras")
class MeanSquaredError(_PairwiseMetric):
    """Mean squared difference of pixels, in the square of their own unit.

    Args:
        value_range: Tuple of the lowest and highest value, default (0, 255).
        name: str.
    """

    def compare(self, images, references):
        """Return the error of each pair."""
        return self._width**2 * np.square(images - references).mean(axis=(1, 2, 3))


@keras.saving.register_keras_serializable(package="aigc_keras")
class PSNR(_PairwiseMetric):
    """Peak signal-to-noise ratio in decibels, the mean over pairs.

    That of an identical pair is infinite: such pairs are left out of the mean and
    counted in `num_identical`. With nothing else, the result is infinite.

    Args:
        value_range: Tuple of the lowest and highest value, default (0, 255).
        name: str.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.metrics.image import PSNR
    >>> metric = PSNR()
    >>> metric.update_state(np.zeros((1, 8, 8, 3)), np.full((1, 8, 8, 3), 25.5))
    >>> round(metric.result(), 6)
    20.0
    """

    def reset_state(self):
        """Forget every pair."""
        super().reset_state()
        self.num_identical = 0

    def compare(self, images, references):
        """Return the ratio of each pair."""
        error = np.square(images - references).mean(axis=(1, 2, 3))
        with np.errstate(divide="ignore"):
            return -10 * np.log10(error)

    def result(self):
        """Return the mean over pairs that differ, a float; see the class docstring."""
        if self.num_identical and not self._count:
            return float("inf")
        return super().result()

    def _add(self, figures):
        identical = np.isinf(figures)
        self.num_identical += int(identical.sum())
        super()._add(figures[~identical])


@keras.saving.register_keras_serializable(package="aigc_keras")
class SSIM(_PairwiseMetric):
    """Structural similarity, at most 1, the mean over places, channels and pairs.

    A Gaussian window of 11 pixels, deviation 1.5, constants 0.01 and 0.03, population
    covariance, and only windows that lie whole within the image: scikit-image's
    `structural_similarity(gaussian_weights=True, use_sample_covariance=False)`.

    Reference: Wang et al., 2004, "Image quality assessment" (eq. 13).

    Args:
        value_range: Tuple of the lowest and highest value, default (0, 255).
        name: str.

    Raises:
        ValueError: By `update_state`, if a side is shorter than 11 pixels.
    """

    smallest_side = SSIM_WINDOW

    def compare(self, images, references):
        """Return the similarity of each pair."""
        self._check_side(images)
        luminance, contrast = similarity_maps(images, references)
        return (luminance * contrast).mean(axis=(1, 2, 3))

    def _check_side(self, images):
        if min(images.shape[1:3]) < self.smallest_side:
            raise ValueError(
                f"Images must be at least {self.smallest_side} pixels wide and high. "
                f"Received: {images.shape[1]} x {images.shape[2]}"
            )


@keras.saving.register_keras_serializable(package="aigc_keras")
class MultiScaleSSIM(SSIM):
    """SSIM over five scales, each half as large as the one before.

    Contrast and structure at every scale, luminance at the last, each to the power of
    its weight; a negative mean counts as 0. Scales are made by averaging 2 x 2 pixels.

    Reference: Wang et al., 2003, "Multi-scale structural similarity" (eq. 7).

    Args:
        value_range: Tuple of the lowest and highest value, default (0, 255).
        name: str.

    Raises:
        ValueError: By `update_state`, if a side is shorter than 176 pixels.
    """

    smallest_side = SSIM_WINDOW * 2 ** (len(SCALE_WEIGHTS) - 1)

    def compare(self, images, references):
        """Return the similarity of each pair."""
        self._check_side(images)
        result = np.ones((len(images), images.shape[-1]))
        for index, weight in enumerate(SCALE_WEIGHTS):
            luminance, contrast = similarity_maps(images, references)
            last = index == len(SCALE_WEIGHTS) - 1
            figure = (luminance * contrast if last else contrast).mean(axis=(1, 2))
            result = result * np.maximum(figure, 0) ** weight
            images, references = _halve(images), _halve(references)
        return result.mean(axis=1)


def similarity_maps(images, references):
    """Return SSIM's two factors at every place, `(n, height, width, channels)`."""
    parts = [images, references, images**2 + references**2, images * references]
    x, y, squares, product = (_blur(part) for part in parts)
    first, second = (constant**2 for constant in SSIM_CONSTANTS)
    means = x**2 + y**2
    luminance = (2 * x * y + first) / (means + first)
    contrast = (2 * (product - x * y) + second) / (squares - means + second)
    return luminance, contrast


def _blur(images):
    """Apply the Gaussian window where it lies whole within the image."""
    edge = SSIM_WINDOW // 2
    window = np.exp(-0.5 * ((np.arange(SSIM_WINDOW) - edge) / SSIM_SIGMA) ** 2)
    window /= window.sum()
    images = correlate1d(images, window, axis=1)[:, edge:-edge]
    return correlate1d(images, window, axis=2)[:, :, edge:-edge]


def _halve(images):
    number, height, width, channels = images.shape
    images = images[:, : height // 2 * 2, : width // 2 * 2]
    shape = (number, height // 2, 2, width // 2, 2, channels)
    return images.reshape(shape).mean(axis=(2, 4))
