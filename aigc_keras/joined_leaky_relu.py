"""A leaky ReLU whose slope is read off its result, for TensorFlow."""

import tensorflow as tf


def leaky_relu(features, negative_slope):
    """Return `max(features, negative_slope * features)`.

    TensorFlow's own reads its slope off what went in, which therefore must be kept: the
    graph optimizer cannot make one operation of a convolution, its bias and what
    follows. The result has the same sign.

    Args:
        features: float tensor.
        negative_slope: float above 0, below 1.

    Returns:
        Tensor shaped like `features`.
    """

    @tf.custom_gradient
    def rectify(x):
        result = tf.nn.leaky_relu(x, negative_slope)

        def back(slope):
            return tf.raw_ops.LeakyReluGrad(
                gradients=slope, features=result, alpha=negative_slope
            )

        return result, back

    return rectify(features)
