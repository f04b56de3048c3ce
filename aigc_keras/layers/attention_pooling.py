"""Pools a sequence of token features into one vector."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="aigc_keras")
class AttentionPooling(keras.layers.Layer):
    """Multi-head attention pooling with learned queries.

    Each head scores every token with a learned linear map, takes the softmax over the
    unmasked tokens, and sums its share of the projected values. Use it where a sentence
    vector must keep single words that a mean would drown.

    Reference: Lin et al., 2017, "A structured self-attentive sentence embedding"
    (eq. 6; one linear layer instead of their two).

    Args:
        units: int. Length of the pooled vector.
        num_heads: int. Number of heads; divides `units`. Default 8.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        tokens: `(batch, length, channels)` float.
        padding_mask: `(batch, length)` bool or int, nonzero at real tokens.

    Returns:
        `(batch, units)` float. A row without any real token pools all of them evenly.

    Raises:
        ValueError: If `num_heads` does not divide `units`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import AttentionPooling
    >>> pool = AttentionPooling(16, num_heads=4)
    >>> pool(np.ones((2, 5, 8)), np.ones((2, 5), dtype=bool)).shape
    TensorShape([2, 16])
    """

    def __init__(self, units, num_heads=8, **kwargs):
        super().__init__(**kwargs)
        if units % num_heads:
            raise ValueError(
                "`num_heads` must divide `units`. "
                f"Received: units={units}, num_heads={num_heads}"
            )
        self.units = units
        self.num_heads = num_heads
        self.score = keras.layers.Dense(
            num_heads, name="score", dtype=self.dtype_policy
        )
        self.value = keras.layers.Dense(units, name="value", dtype=self.dtype_policy)

    def build(self, tokens_shape, padding_mask_shape=None):
        """Create the two projections for `(batch, length, channels)` tokens."""
        self.score.build(tokens_shape)
        self.value.build(tokens_shape)
        self.built = True

    def call(self, tokens, padding_mask):
        """Pool; see the class docstring."""
        scores = ops.cast(self.score(tokens), "float32")
        mask = ops.cast(padding_mask, "float32")[..., None]
        weights = ops.softmax(scores - 1e9 * (1.0 - mask), axis=1)
        values = self.value(tokens)
        length = ops.shape(values)[1]
        values = ops.reshape(
            values, (-1, length, self.num_heads, self.units // self.num_heads)
        )
        pooled = ops.einsum("blh,blhd->bhd", ops.cast(weights, values.dtype), values)
        return ops.reshape(pooled, (-1, self.units))

    def compute_output_shape(self, tokens_shape, padding_mask_shape=None):
        """Return `(batch, units)`."""
        return (tokens_shape[0], self.units)

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "num_heads": self.num_heads,
        }
