"""Modulates an image's features by a condition vector, and place by place."""

import keras
from keras import ops

from aigc_keras.fused_modulation import can_fuse, modulate_and_rectify


@keras.saving.register_keras_serializable(package="aigc_keras")
class FeatureModulation(keras.layers.Layer):
    """Channel-wise affine modulation, `y = x * (1 + gamma(c)) + beta(c)`.

    The linear maps `gamma` and `beta` start at zero, so a fresh layer is the identity.
    Every generator block uses two of them to let the caption and the noise speak.

    A condition says the same to all places. With `places`, a coarse map, each place is
    told what belongs there besides: `gamma` and `beta` of the condition plus those of
    the map, of which one place holds them for a patch of the features.

    Reference: Tao et al., 2022, "DF-GAN" (eq. 3); Perez et al., 2018, "FiLM" (eq. 2);
    with `places` Park et al., 2019, "Semantic image synthesis with spatially-adaptive
    normalization" (eq. 1). Deviation: one linear layer each, as condition and map come
    out of a network already, and nothing is normalized.

    Args:
        rectify: bool. Whether negative results become zero (ReLU), default False. In
            training in bfloat16 on a processor it is one pass over memory then.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        features: `(batch, height, width, channels)` float.
        condition: `(batch, condition_dim)` float.
        places: `(batch, height / n, width / n, place_channels)` float for some whole
            `n`, or None.
        training: bool. Whether slopes are wanted.

    Returns:
        Tensor shaped like `features`.

    Raises:
        ValueError: If the sides of `places` do not divide those of `features` alike.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import FeatureModulation
    >>> FeatureModulation()(np.ones((2, 4, 4, 3)), np.ones((2, 8))).shape
    TensorShape([2, 4, 4, 3])
    """

    def __init__(self, rectify=False, **kwargs):
        super().__init__(**kwargs)
        self.rectify = rectify
        self.projection = self.place_gamma = self.place_beta = None

    def build(self, features_shape, condition_shape, places_shape=None):
        """Create the projection to `2 * channels`, and those of the places."""
        _, height, width, self.channels = features_shape
        self.projection = self._make(condition_shape, 2 * self.channels, "projection")
        if places_shape is not None:
            self.patch_size = height // places_shape[1]
            sides = [self.patch_size * side for side in places_shape[1:3]]
            if sides != [height, width]:
                raise ValueError(
                    "The sides of `places` must divide those of `features` by the same "
                    f"number. Received: {places_shape} and {features_shape}"
                )
            # Two layers: slices of one map would take longer than all else here.
            units = self.channels * self.patch_size**2
            self.place_gamma = self._make(places_shape, units, "place_gamma", False)
            self.place_beta = self._make(places_shape, units, "place_beta", False)
        self.built = True

    def call(self, features, condition, places=None, training=None):
        """Modulate; see the class docstring."""
        affine = self.projection(condition)[:, None, None, :]
        gamma, beta = affine[..., : self.channels], affine[..., self.channels :]
        if places is not None:
            gamma += self._spread(self.place_gamma(places))
            beta += self._spread(self.place_beta(places))
        if training and self.rectify and _on_tensorflow() and can_fuse(features):
            return modulate_and_rectify(features, gamma, beta)
        result = features * (1 + gamma) + beta
        return ops.relu(result) if self.rectify else result

    def compute_output_shape(
        self, features_shape, condition_shape=None, places_shape=None
    ):
        """Return the shape of `features`."""
        return features_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "rectify": self.rectify}

    def _make(self, input_shape, units, name, use_bias=True):
        layer = keras.layers.Dense(
            units,
            use_bias=use_bias,
            kernel_initializer="zeros",
            name=name,
            dtype=self.dtype_policy,
        )
        layer.build(input_shape)
        return layer

    def _spread(self, x):
        if self.patch_size == 1:
            return x
        return ops.depth_to_space(x, self.patch_size, data_format="channels_last")


def _on_tensorflow():
    return keras.backend.backend() == "tensorflow"
