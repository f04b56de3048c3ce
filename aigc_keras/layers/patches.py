"""Moves pixels between the image plane and the channels."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aigc_keras")
class PatchesToChannels(keras.layers.Layer):
    """Stacks each patch of pixels into the channels of one place; loses nothing.

    Also known as space-to-depth. Unlike pooling or a strided convolution it costs no
    arithmetic: a network that starts with it works on a map `patch_size` times smaller.

    Reference: Shi et al., 2016, "Real-time single image and video super-resolution
    using an efficient sub-pixel convolutional neural network" (eq. 4, inverted).

    Args:
        patch_size: int. Side of a patch in pixels.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, height, width, channels)`; the sides divide by `patch_size`.

    Returns:
        `(batch, height / patch_size, width / patch_size, channels * patch_size ** 2)`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import PatchesToChannels
    >>> PatchesToChannels(2)(np.ones((1, 4, 4, 3))).shape
    TensorShape([1, 2, 2, 12])
    """

    def __init__(self, patch_size, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, inputs):
        """Stack; see the class docstring."""
        return ops.space_to_depth(inputs, self.patch_size, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        """Return the shape of the map."""
        batch, height, width, channels = input_shape
        side = self.patch_size
        return batch, height // side, width // side, channels * side**2

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "patch_size": self.patch_size}


@keras.saving.register_keras_serializable(package="aigc_keras")
class ChannelsToPatches(keras.layers.Layer):
    """Spreads the channels of one place over a patch of pixels; loses nothing.

    Also known as depth-to-space or pixel shuffle, the inverse of `PatchesToChannels`.

    Reference: Shi et al., 2016, as there (eq. 4).

    Args:
        patch_size: int. Side of a patch in pixels.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, height, width, channels)`; `patch_size ** 2` divides the
            channels.

    Returns:
        `(batch, height * patch_size, width * patch_size, channels / patch_size ** 2)`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import ChannelsToPatches
    >>> ChannelsToPatches(2)(np.ones((1, 2, 2, 12))).shape
    TensorShape([1, 4, 4, 3])
    """

    def __init__(self, patch_size, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, inputs):
        """Spread; see the class docstring."""
        return ops.depth_to_space(inputs, self.patch_size, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        """Return the shape of the map."""
        batch, height, width, channels = input_shape
        side = self.patch_size
        return batch, height * side, width * side, channels // side**2

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "patch_size": self.patch_size}
