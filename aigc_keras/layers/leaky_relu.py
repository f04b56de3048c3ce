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

    Call arguments:
        inputs: float tensor.
        training: bool. Whether slopes are wanted.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import LeakyReLU
    >>> LeakyReLU(0.25)(np.array([-1.0, 2.0])).numpy().tolist()
    [-0.25, 2.0]
    """

    def call(self, inputs, training=None):
        """Rectify; see the class docstring."""
        # Else a served graph would hold what only a way back needs.
        if not training or keras.backend.backend() != "tensorflow":
            return super().call(inputs)
        return leaky_relu(inputs, float(self.negative_slope))
