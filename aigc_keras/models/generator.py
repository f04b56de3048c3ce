"""The generator: text and noise to an image."""

import keras

from aigc_keras.layers import ChannelsToPatches, FeatureModulation

# Channel multipliers per stage, from 4x4 places up to the image's side over the patch
# size; one entry doubles the side. The last step spreads each place's channels over a
# patch of pixels: maps at full size would cost as much as all other stages together.
GENERATOR_STAGES = {
    32: (8, 4, 2),
    64: (8, 8, 4, 2),
    128: (8, 8, 8, 4, 2),
    256: (8, 8, 8, 8, 4, 2),
}


@keras.saving.register_keras_serializable(package="aigc_keras")
class Generator(keras.Model):
    """Draws an image from a sentence vector and noise.

    A functional model. A two-layer MLP mixes the projected text with the noise into a
    condition; the condition makes the first 4x4 map and modulates every convolution.
    Each stage widens a place into four and refines the map by a residual block.

    A condition says the same to all places, so that of a circle and a square both come
    out as something in between. With `place_channels` the refined 8x8 map modulates all
    behind it too, each place by itself.

    Reference: Tao et al., 2022, "DF-GAN" (sec. 3.2); Shi et al., 2016 (sub-pixel
    up-sampling); for the places Park et al., 2019, "Semantic image synthesis with
    spatially-adaptive normalization" (sec. 3), whose map a person draws. Deviation: one
    affine layer a convolution instead of two, one convolution a block, and pixels come
    out of the channels patch by patch.

    Args:
        image_size: int. Side in pixels: 32, 64, 128 or 256.
        text_dim: int. Length of the sentence vector.
        noise_dim: int. Length of the noise, default 64.
        base_channels: int. What the stages multiply, default 16.
        condition_dim: int. Length of the condition, default 256.
        stages: Tuple of int. Channel multipliers from 4x4 places up.
        patch_size: int. Side in pixels of what one place draws, default 2. With 4 a
            step is a seventh shorter, and shapes are far less exact.
        blocks: int. Residual blocks a stage, default 1.
        condition_layers: int. Layers of the MLP, default 2. With 0 text and noise
            modulate as they are.
        first_blocks: int. Residual blocks on the 4x4 map, default 0.
        place_channels: int. Numbers in which each of the 8x8 places says what belongs
            there, default 0: there are none.
        dtype: Policy or its name; the image itself is always float32.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict of `text_embedding` `(batch, text_dim)` float and `noise`
            `(batch, noise_dim)` float, standard normal.

    Returns:
        `(batch, image_size, image_size, 3)` float32 in [-1, 1].

    Raises:
        ValueError: If `stages` and `patch_size` do not lead from 4 to `image_size`, or
            there is no 8x8 map for `place_channels`.

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
        base_channels=16,
        condition_dim=256,
        stages=None,
        patch_size=2,
        blocks=1,
        condition_layers=2,
        first_blocks=0,
        place_channels=0,
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        stages = resolve_stages(stages, GENERATOR_STAGES, image_size, patch_size)
        channels = [base_channels * multiplier for multiplier in stages]
        if place_channels and len(stages) < 2:
            raise ValueError(
                "`place_channels` need a map of 8x8 places, thus two stages or more. "
                f"Received: place_channels={place_channels}, stages={stages}"
            )

        # === Functional model ===
        text = keras.Input((text_dim,), name="text_embedding")
        noise = keras.Input((noise_dim,), name="noise")
        mixed = keras.layers.Concatenate(dtype=dtype, name="text_and_noise")(
            [text, noise]
        )
        for index in range(condition_layers):
            mixed = _dense(condition_dim, dtype, f"condition_{index}")(mixed)
            mixed = _activation(dtype, f"condition_activation_{index}")(mixed)
        x = _dense(4 * 4 * channels[0], dtype, "seed")(mixed)
        x = keras.layers.Reshape((4, 4, channels[0]), dtype=dtype, name="seed_map")(x)
        said = (mixed,)
        for block in range(first_blocks):
            x = _refine(x, said, dtype, f"refine_0_{block}")
        for index, width in enumerate(channels):
            if index:
                x = _double(x, said, width, dtype, f"double_{index}")
                for block in range(blocks):
                    x = _refine(x, said, dtype, f"refine_{index}_{block}")
            if index == 1 and place_channels:
                said = (mixed, _places(x, place_channels, dtype))
        x = _modulate(x, said, dtype, "last")
        x = _convolution(3 * patch_size**2, dtype, "to_patches")(x)
        x = ChannelsToPatches(patch_size, dtype=dtype, name="to_pixels")(x)
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
        self.patch_size = patch_size
        self.blocks = blocks
        self.condition_layers = condition_layers
        self.first_blocks = first_blocks
        self.place_channels = place_channels
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
            "patch_size": self.patch_size,
            "blocks": self.blocks,
            "condition_layers": self.condition_layers,
            "first_blocks": self.first_blocks,
            "place_channels": self.place_channels,
            "dtype": self.policy.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build a generator from `get_config()`."""
        del custom_objects
        return cls(**config)


def resolve_stages(stages, defaults, image_size, patch_size):
    """Return channel multipliers that lead from 4 places to a patched image.

    Args:
        stages: Sequence of int, or None for the default.
        defaults: Dict from image size to the default tuple.
        image_size: int. Side in pixels.
        patch_size: int. Pixels of a place.

    Raises:
        ValueError: If there is no default, or the number of stages does not fit.
    """
    if stages is None:
        if image_size not in defaults:
            raise ValueError(
                f"`image_size` must be one of {sorted(defaults)} unless `stages` is "
                f"given. Received: image_size={image_size}"
            )
        stages = defaults[image_size]
    if 2 * 2 ** len(stages) * patch_size != image_size:
        raise ValueError(
            "`stages` must hold one multiplier for each side 4, 8, ... up to "
            "`image_size / patch_size`. Received: "
            f"stages={tuple(stages)}, image_size={image_size}, patch_size={patch_size}"
        )
    return tuple(stages)


def _dense(units, dtype, name):
    return keras.layers.Dense(
        units, kernel_initializer="he_normal", dtype=dtype, name=name
    )


def _activation(dtype, name):
    return keras.layers.ReLU(dtype=dtype, name=name)


def _convolution(width, dtype, name):
    return keras.layers.Conv2D(
        width,
        3,
        padding="same",
        kernel_initializer="he_normal",
        dtype=dtype,
        name=name,
    )


def _places(x, channels, dtype):
    """Say of each place what belongs there."""
    x = _activation(dtype, "places_activation")(x)
    return _dense(channels, dtype, "places")(x)


def _modulate(x, said, dtype, name):
    modulation = FeatureModulation(True, dtype=dtype, name=f"{name}_modulation")
    return modulation(x, *said)


def _double(x, said, width, dtype, name):
    """Make four places of one, each by its own linear map."""
    x = _modulate(x, said, dtype, name)
    x = _dense(4 * width, dtype, f"{name}_dense")(x)
    return ChannelsToPatches(2, dtype=dtype, name=f"{name}_spread")(x)


def _refine(x, said, dtype, name):
    """Add a modulated convolution to the map."""
    update = _modulate(x, said, dtype, name)
    update = _convolution(x.shape[-1], dtype, f"{name}_convolution")(update)
    return keras.layers.Add(dtype=dtype, name=f"{name}_sum")([x, update])
