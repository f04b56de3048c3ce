"""The generator: text and noise to an image."""

import keras

from aigc_keras.layers import FeatureModulation

# Channel multipliers per stage, from 4x4 pixels up to half the image's side; one entry
# doubles the side. The last doubling is the transposed convolution that makes pixels:
# at full size feature maps would cost as much as all other stages together.
GENERATOR_STAGES = {
    32: (4, 4, 2),
    64: (4, 4, 2, 1),
    128: (4, 4, 4, 2, 1),
    256: (4, 4, 4, 4, 2, 1),
}


@keras.saving.register_keras_serializable(package="aigc_keras")
class Generator(keras.Model):
    """Draws an image from a sentence vector and noise.

    A functional model. A two-layer MLP mixes the projected text with the noise into a
    condition; the condition makes the first 4x4 map and modulates both convolutions of
    every residual up-block.

    Reference: Tao et al., 2022, "DF-GAN" (sec. 3.2). Deviation: one affine layer a
    convolution instead of two, nearest-neighbour up-sampling inside the block, and a
    strided transposed convolution that makes the pixels.

    Args:
        image_size: int. Side in pixels: 32, 64, 128 or 256.
        text_dim: int. Length of the sentence vector.
        noise_dim: int. Length of the noise, default 64.
        base_channels: int. Channels at half the side, default 32.
        condition_dim: int. Length of the condition, default 256.
        stages: Tuple of int. Channel multipliers from 4x4 to half the side.
        dtype: Policy or its name; the image itself is always float32.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict of `text_embedding` `(batch, text_dim)` float and `noise`
            `(batch, noise_dim)` float, standard normal.

    Returns:
        `(batch, image_size, image_size, 3)` float32 in [-1, 1].

    Raises:
        ValueError: If `stages` does not lead from 4 pixels to half of `image_size`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.models import Generator
    >>> generator = Generator(32, text_dim=8, noise_dim=4, base_channels=2)
    >>> generator({"text_embedding": np.ones((2, 8)), "noise": np.ones((2, 4))}).shape
    TensorShape([2, 32, 32, 3])
    """

    def __init__(
        self,
        image_size,
        text_dim,
        noise_dim=64,
        base_channels=32,
        condition_dim=256,
        stages=None,
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        stages = resolve_stages(stages, GENERATOR_STAGES, image_size)
        channels = [base_channels * multiplier for multiplier in stages]

        # === Functional model ===
        text = keras.Input((text_dim,), name="text_embedding")
        noise = keras.Input((noise_dim,), name="noise")
        mixed = keras.layers.Concatenate(dtype=dtype, name="text_and_noise")(
            [text, noise]
        )
        for index in range(2):
            mixed = _dense(condition_dim, dtype, f"condition_{index}")(mixed)
            mixed = _activation(dtype, f"condition_activation_{index}")(mixed)
        x = _dense(4 * 4 * channels[0], dtype, "seed")(mixed)
        x = keras.layers.Reshape((4, 4, channels[0]), dtype=dtype, name="seed_map")(x)
        for index, width in enumerate(channels[1:]):
            x = _up_block(x, mixed, width, dtype, f"up_{index}")
        x = _activation(dtype, "last_activation")(x)
        x = keras.layers.Conv2DTranspose(
            3, 4, 2, padding="same", dtype=dtype, name="to_rgb"
        )(x)
        image = keras.layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(
            inputs={"text_embedding": text, "noise": noise}, outputs=image, **kwargs
        )

        # === Config ===
        self.image_size = image_size
        self.text_dim = text_dim
        self.noise_dim = noise_dim
        self.base_channels = base_channels
        self.condition_dim = condition_dim
        self.stages = stages
        self.policy = dtype

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "text_dim": self.text_dim,
            "noise_dim": self.noise_dim,
            "base_channels": self.base_channels,
            "condition_dim": self.condition_dim,
            "stages": list(self.stages),
            "dtype": self.policy.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build a generator from `get_config()`."""
        del custom_objects
        return cls(**config)


def resolve_stages(stages, defaults, image_size):
    """Return channel multipliers that lead from 4 pixels to half of `image_size`.

    Args:
        stages: Sequence of int, or None for the default.
        defaults: Dict from image size to the default tuple.
        image_size: int. Side in pixels.

    Raises:
        ValueError: If there is no default, or the number of stages does not fit.
    """
    if stages is None:
        if image_size not in defaults:
            raise ValueError(
                f"`image_size` must be one of {sorted(defaults)} unless `stages` is "
                f"given. Received: image_size={image_size}"
            )
        return defaults[image_size]
    if 4 * 2 ** len(stages) != image_size:
        raise ValueError(
            "`stages` must hold one multiplier for each side 4, 8, ... up to half of "
            f"`image_size`. Received: stages={tuple(stages)}, image_size={image_size}"
        )
    return tuple(stages)


def _dense(units, dtype, name):
    return keras.layers.Dense(
        units, kernel_initializer="he_normal", dtype=dtype, name=name
    )


def _activation(dtype, name):
    return keras.layers.LeakyReLU(0.2, dtype=dtype, name=name)


def _convolution(width, size, dtype, name):
    return keras.layers.Conv2D(
        width,
        size,
        padding="same",
        kernel_initializer="he_normal",
        dtype=dtype,
        name=name,
    )


def _up_block(x, condition, width, dtype, name):
    """Double the side: two modulated convolutions beside a 1x1 shortcut."""
    shortcut = x
    if x.shape[-1] != width:
        shortcut = _convolution(width, 1, dtype, f"{name}_shortcut")(x)
    shortcut = keras.layers.UpSampling2D(dtype=dtype, name=f"{name}_shortcut_up")(
        shortcut
    )
    for index in range(2):
        x = FeatureModulation(dtype=dtype, name=f"{name}_modulation_{index}")(
            x, condition
        )
        x = _activation(dtype, f"{name}_activation_{index}")(x)
        if index == 0:
            x = keras.layers.UpSampling2D(dtype=dtype, name=f"{name}_up")(x)
        x = _convolution(width, 3, dtype, f"{name}_convolution_{index}")(x)
    return keras.layers.Add(dtype=dtype, name=f"{name}_sum")([shortcut, x])
