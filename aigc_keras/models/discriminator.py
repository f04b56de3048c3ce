"""The discriminator: one image trunk, a validity head and a matching head."""

import keras

from aigc_keras.models.generator import resolve_stages

# Channel multipliers per stage, from 4x4 pixels up to half the image's side; read from
# the last to the first. The first convolution halves the side.
DISCRIMINATOR_STAGES = {
    32: (4, 4, 2),
    64: (4, 4, 2, 1),
    128: (4, 4, 4, 2, 1),
    256: (4, 4, 4, 4, 2, 1),
}


@keras.saving.register_keras_serializable(package="aigc_keras")
class Discriminator(keras.Model):
    """Judges whether an image is real and says what the text says.

    A functional model of three parts, each a functional model of its own, so that the
    costly `trunk` runs once on an image whatever text it is compared with:
    `trunk` (image to a 4x4 feature map), `validity_head` (map and text to a logit), and
    `matching_head` (map to a vector comparable with the projected text).

    Reference: Tao et al., 2022, "DF-GAN" (sec. 3.2, one-way output); the matching head:
    Zhang et al., 2021, "XMC-GAN" (sec. 4.2).

    Args:
        image_size: int. Side in pixels: 32, 64, 128 or 256.
        text_dim: int. Length of the sentence vector.
        base_channels: int. Channels at half the side, default 32.
        matching_dim: int. Length of the matching vectors, default 128.
        stages: Tuple of int. Channel multipliers from 4x4 to half the side.
        dtype: Policy or its name; the heads' outputs are always float32.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict of `image` `(batch, image_size, image_size, 3)` float in [-1, 1]
            and `text_embedding` `(batch, text_dim)` float.

    Returns:
        Dict of `validity` `(batch, 1)`, `image_vector` and `text_vector`
        `(batch, matching_dim)`, all float32.

    Raises:
        ValueError: If `stages` does not lead from 4 pixels to half of `image_size`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.models import Discriminator
    >>> judge = Discriminator(32, text_dim=8, base_channels=2, matching_dim=4)
    >>> inputs = {"image": np.ones((2, 32, 32, 3)), "text_embedding": np.ones((2, 8))}
    >>> judge(inputs)["validity"].shape
    TensorShape([2, 1])
    """

    def __init__(
        self,
        image_size,
        text_dim,
        base_channels=32,
        matching_dim=128,
        stages=None,
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        stages = resolve_stages(stages, DISCRIMINATOR_STAGES, image_size)
        channels = [base_channels * multiplier for multiplier in stages]
        trunk = _trunk(image_size, channels, dtype)
        validity_head = _validity_head(channels[0], text_dim, dtype)
        matching_head = _matching_head(channels[0], matching_dim, dtype)
        text_projection = keras.layers.Dense(
            matching_dim, dtype="float32", name="text_vector"
        )

        # === Functional model ===
        image = keras.Input((image_size, image_size, 3), name="image")
        text = keras.Input((text_dim,), name="text_embedding")
        features = trunk(image)
        outputs = {
            "validity": validity_head({"features": features, "text_embedding": text}),
            "image_vector": matching_head(features),
            "text_vector": text_projection(text),
        }
        super().__init__(
            inputs={"image": image, "text_embedding": text}, outputs=outputs, **kwargs
        )

        # === Config ===
        self.trunk = trunk
        self.validity_head = validity_head
        self.matching_head = matching_head
        self.text_projection = text_projection
        self.image_size = image_size
        self.text_dim = text_dim
        self.base_channels = base_channels
        self.matching_dim = matching_dim
        self.stages = stages
        self.policy = dtype

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "text_dim": self.text_dim,
            "base_channels": self.base_channels,
            "matching_dim": self.matching_dim,
            "stages": list(self.stages),
            "dtype": self.policy.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build a discriminator from `get_config()`."""
        del custom_objects
        return cls(**config)


def _trunk(image_size, channels, dtype):
    image = keras.Input((image_size, image_size, 3), name="image")
    widths = list(reversed(channels))
    x = _convolution(widths[0], 4, 2, dtype, "stem")(image)
    x = keras.layers.LeakyReLU(0.2, dtype=dtype, name="stem_activation")(x)
    for index, width in enumerate(widths[1:]):
        x = _down_block(x, width, dtype, f"down_{index}")
    return keras.Model(image, x, name="trunk")


def _convolution(width, size, strides, dtype, name):
    return keras.layers.Conv2D(
        width,
        size,
        strides,
        padding="same",
        kernel_initializer="he_normal",
        dtype=dtype,
        name=name,
    )


def _down_block(x, width, dtype, name):
    """Halve the side: a strided and a plain convolution beside a pooled shortcut."""
    shortcut = keras.layers.AveragePooling2D(2, dtype=dtype, name=f"{name}_pool")(x)
    if x.shape[-1] != width:
        shortcut = _convolution(width, 1, 1, dtype, f"{name}_shortcut")(shortcut)
    x = _convolution(width, 4, 2, dtype, f"{name}_convolution_0")(x)
    x = keras.layers.LeakyReLU(0.2, dtype=dtype, name=f"{name}_activation_0")(x)
    x = _convolution(width, 3, 1, dtype, f"{name}_convolution_1")(x)
    x = keras.layers.LeakyReLU(0.2, dtype=dtype, name=f"{name}_activation_1")(x)
    return keras.layers.Add(dtype=dtype, name=f"{name}_sum")([shortcut, x])


def _validity_head(channels, text_dim, dtype):
    features = keras.Input((4, 4, channels), name="features")
    text = keras.Input((text_dim,), name="text_embedding")
    tiled = keras.layers.Dense(channels, dtype=dtype, name="text")(text)
    tiled = keras.layers.Reshape((1, 1, channels), dtype=dtype)(tiled)
    tiled = keras.layers.UpSampling2D(4, dtype=dtype, name="tile")(tiled)
    x = keras.layers.Concatenate(dtype=dtype, name="pair")([features, tiled])
    x = _convolution(channels, 3, 1, dtype, "mix")(x)
    x = keras.layers.LeakyReLU(0.2, dtype=dtype, name="activation")(x)
    x = keras.layers.Flatten(dtype=dtype, name="flatten")(x)
    logit = keras.layers.Dense(1, dtype="float32", name="validity")(x)
    inputs = {"features": features, "text_embedding": text}
    return keras.Model(inputs, logit, name="validity_head")


def _matching_head(channels, matching_dim, dtype):
    features = keras.Input((4, 4, channels), name="features")
    x = keras.layers.LeakyReLU(0.2, dtype=dtype, name="activation")(features)
    x = keras.layers.Flatten(dtype=dtype, name="flatten")(x)
    vector = keras.layers.Dense(matching_dim, dtype="float32", name="image_vector")(x)
    return keras.Model(features, vector, name="matching_head")
