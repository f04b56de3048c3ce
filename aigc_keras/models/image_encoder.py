"""The image encoder: an image to a vector and the words it shows."""

import keras

from aigc_keras.layers import LeakyReLU


@keras.saving.register_keras_serializable(package="aigc_keras")
class ImageEncoder(keras.Model):
    """Encodes an image into a vector comparable with a sentence vector.

    A functional model of plain strided convolutions, each halving the side down to 4x4,
    then an MLP over the whole map, so that the vector knows where things are. A linear
    head on the same features says which tokens a caption of the image would hold.

    Reference for the token head: Joulin et al., 2016, "Learning visual features from
    large weakly supervised data" (one-versus-all logistic loss over caption words).

    Args:
        image_size: int. Side in pixels, a power of two from 8 up.
        output_dim: int. Length of the vector.
        vocabulary_size: int. Tokens the head predicts.
        base_channels: int. Channels after the first convolution, default 24; each
            halving doubles them up to eight times that.
        dtype: Policy or its name; the outputs are always float32.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        image: `(batch, image_size, image_size, 3)` float in [-1, 1].

    Returns:
        Dict of float32 `image_vector` `(batch, output_dim)` and `token_logits`
        `(batch, vocabulary_size)`.

    Raises:
        ValueError: If `image_size` is not a power of two from 8 up.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.models import ImageEncoder
    >>> encoder = ImageEncoder(32, output_dim=8, vocabulary_size=9, base_channels=2)
    >>> encoder(np.ones((2, 32, 32, 3)))["image_vector"].shape
    TensorShape([2, 8])
    """

    def __init__(
        self,
        image_size,
        output_dim,
        vocabulary_size,
        base_channels=24,
        dtype=None,
        **kwargs,
    ):
        if image_size < 8 or image_size & (image_size - 1):
            raise ValueError(
                "`image_size` must be a power of two from 8 up. "
                f"Received: image_size={image_size}"
            )
        # === Layers ===
        dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        depth = image_size.bit_length() - 3
        widths = [base_channels * min(8, 2**index) for index in range(depth)]

        # === Functional model ===
        image = keras.Input((image_size, image_size, 3), name="image")
        x = image
        for index, width in enumerate(widths):
            x = keras.layers.Conv2D(
                width,
                4,
                2,
                padding="same",
                kernel_initializer="he_normal",
                dtype=dtype,
                name=f"halve_{index}",
            )(x)
            x = _activation(dtype, f"halve_{index}_activation")(x)
        x = keras.layers.Flatten(dtype=dtype, name="flatten")(x)
        x = keras.layers.Dense(
            2 * output_dim, kernel_initializer="he_normal", dtype=dtype, name="hidden"
        )(x)
        x = _activation(dtype, "hidden_activation")(x)
        head = {"dtype": "float32"}
        outputs = {
            "image_vector": keras.layers.Dense(output_dim, name="vector", **head)(x),
            "token_logits": keras.layers.Dense(vocabulary_size, name="tokens", **head)(
                x
            ),
        }
        super().__init__(inputs=image, outputs=outputs, **kwargs)

        # === Config ===
        self.image_size = image_size
        self.output_dim = output_dim
        self.vocabulary_size = vocabulary_size
        self.base_channels = base_channels
        self.policy = dtype

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "output_dim": self.output_dim,
            "vocabulary_size": self.vocabulary_size,
            "base_channels": self.base_channels,
            "dtype": self.policy.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build an encoder from `get_config()`."""
        del custom_objects
        return cls(**config)


def _activation(dtype, name):
    return LeakyReLU(0.2, dtype=dtype, name=name)
