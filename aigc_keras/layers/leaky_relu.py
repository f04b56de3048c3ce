"""A leaky ReLU that joins the convolution before it."""

import keras

from aigc_keras.joined_leaky_relu import leaky_relu


@keras.saving.register_keras_serializable(package="aigc_keras")
class LeakyReLU(keras.layers.LeakyReLU):
    """Keras's leaky ReLU, with a slope that is read off its result.

    TensorFlow then makes one operation of a convolution, its bias and this, also in
    training. Values and slopes are the same.

    Args:
        negative_slope: float above 0, below 1. Default 0.3.
        **kwargs: Passed to `keras.layers.Layer`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import LeakyReLU
    >>> LeakyReLU(0.2)(np.array([-1.0, 2.0])).numpy().round(1).tolist()
    [-0.2, 2.0]
    """

    def call(self, inputs):
        """Rectify; see the class docstring."""
        if keras.backend.backend() != "tensorflow":
            return super().call(inputs)
        return leaky_relu(inputs, float(self.negative_slope))
