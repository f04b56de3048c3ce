"""Modulates an image's features by a condition vector."""

import keras


@keras.saving.register_keras_serializable(package="aigc_keras")
class FeatureModulation(keras.layers.Layer):
    """Channel-wise affine modulation, `y = x * (1 + gamma(c)) + beta(c)`.

    The linear maps `gamma` and `beta` start at zero, so a fresh layer is the identity.
    Every generator block uses two of them to let the caption and the noise speak.

    Reference: Tao et al., 2022, "DF-GAN" (eq. 3); Perez et al., 2018, "FiLM" (eq. 2).
    Deviation: one linear layer, as the condition has been through an MLP already.

    Args:
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        features: `(batch, height, width, channels)` float.
        condition: `(batch, condition_dim)` float.

    Returns:
        Tensor shaped like `features`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import FeatureModulation
    >>> FeatureModulation()(np.ones((2, 4, 4, 3)), np.ones((2, 8))).shape
    TensorShape([2, 4, 4, 3])
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.projection = None

    def build(self, features_shape, condition_shape):
        """Create the projection to `2 * channels`."""
        self.channels = features_shape[-1]
        self.projection = keras.layers.Dense(
            2 * self.channels,
            kernel_initializer="zeros",
            name="projection",
            dtype=self.dtype_policy,
        )
        self.projection.build(condition_shape)
        self.built = True

    def call(self, features, condition):
        """Modulate; see the class docstring."""
        affine = self.projection(condition)[:, None, None, :]
        gamma, beta = affine[..., : self.channels], affine[..., self.channels :]
        return features * (1 + gamma) + beta

    def compute_output_shape(self, features_shape, condition_shape=None):
        """Return the shape of `features`."""
        return features_shape
