"""Fills holes with the colours around them."""

import keras
from keras import ops

# How much a place trusts what is seen from farther away, beside its own pixels.
FAR = 1e-4


@keras.saving.register_keras_serializable(package="aigc_keras")
class PushPull(keras.layers.Layer):
    """Fills what is missing with means of what is known, near before far.

    Known pixels are averaged over patches of 2, 4, 8 and so on; a place without any
    takes the mean of the smallest patch around it that has some. Smooth surroundings
    come out nearly right, so that a network need only add what is not smooth.

    Reference: Gortler et al., 1996, "The lumigraph" (sec. 3.4, pull and push).

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        images: `(batch, side, side, channels)` float; the side is a power of two.
        mask: `(batch, side, side, 1)` float, 1 where a pixel is missing, 0 elsewhere.

    Returns:
        Tensor shaped like `images`: known pixels as they are, but for rounding; 0
        everywhere where nothing is known.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import PushPull
    >>> mask = np.zeros((1, 4, 4, 1))
    >>> mask[:, 1:3] = 1
    >>> PushPull()(np.ones((1, 4, 4, 3)), mask).shape
    TensorShape([1, 4, 4, 3])
    """

    def __init__(self, **kwargs):
        # Whatever the global policy: colours would come out coarser than they went in.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.enlarge = keras.layers.UpSampling2D(
            interpolation="bilinear", dtype=self.dtype_policy
        )

    def call(self, images, mask):
        """Fill; see the class docstring."""
        known = 1.0 - mask
        levels = [(images * known, known)]
        while levels[-1][0].shape[1] > 1:
            levels.append(tuple(ops.average_pool(x, 2) for x in levels[-1]))
        colours, share = levels.pop()
        filled = colours / ops.maximum(share, FAR)
        for colours, share in reversed(levels):
            filled = (colours + FAR * self.enlarge(filled)) / (share + FAR)
        return filled

    def compute_output_shape(self, images_shape, mask_shape=None):
        """Return the shape of `images`."""
        return images_shape
