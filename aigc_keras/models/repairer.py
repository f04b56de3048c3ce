"""The repairer: a damaged image and a text to a whole image."""

import keras
from keras import ops

from aigc_keras.layers import (
    ChannelsToPatches,
    FeatureModulation,
    LeakyReLU,
    PatchesToChannels,
    PushPull,
)
from aigc_keras.models.generator import resolve_stages
from aigc_keras.models.network_folder import read_network, write_network

# Channel multipliers per stage, from 4x4 places up to the image's side over the patch
# size.
REPAIRER_STAGES = {
    32: (8, 5, 3),
    64: (8, 8, 5, 3),
    128: (8, 8, 8, 5, 3),
    256: (8, 8, 8, 8, 5, 3),
}


@keras.saving.register_keras_serializable(package="aigc_keras")
class ImageRepairer(keras.Model):
    """Fills what is missing in an image, and takes noise and blur off it.

    A functional model like a U-Net: maps halve down to 4x4 places and double up again,
    and each place of a finer map hears what was seen there on the way down. A sentence
    vector and noise, mixed by an MLP, modulate every convolution and add to the 4x4
    map, so that the text may say what lies where nothing is seen. What comes out is
    added to what is known of the image. Missing pixels are not looked at.

    Reference: Ronneberger et al., 2015, "U-Net" (fig. 1); Pathak et al., 2016, "Context
    encoders"; Tao et al., 2022, "DF-GAN" (sec. 3.2). Deviation: maps are halved and
    doubled by moving pixels into channels, and skips are added, not concatenated.

    Args:
        image_size: int. Side in pixels: 32, 64, 128 or 256.
        text_dim: int. Length of the sentence vector.
        noise_dim: int. Length of the noise, default 16.
        base_channels: int. What the stages multiply, default 8.
        condition_dim: int. Length of the condition, default 64.
        stages: Tuple of int. Channel multipliers from 4x4 places up.
        patch_size: int. Side in pixels of what one place of the finest map draws,
            default 2.
        dtype: Policy or its name; the image itself is always float32.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict of `image` `(batch, image_size, image_size, 3)` float in [-1, 1],
            `mask` `(batch, image_size, image_size, 1)` float, 1 where a pixel is
            missing and 0 elsewhere, `text_embedding` `(batch, text_dim)` float, all
            zero where nothing is said, and `noise` `(batch, noise_dim)` float, standard
            normal.

    Returns:
        `(batch, image_size, image_size, 3)` float32 in [-1, 1].

    Raises:
        ValueError: If `stages` and `patch_size` do not lead from 4 to `image_size`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.models import ImageRepairer
    >>> repairer = ImageRepairer(32, text_dim=8, noise_dim=4, base_channels=2)
    >>> image, mask = np.zeros((2, 32, 32, 3)), np.ones((2, 32, 32, 1))
    >>> said = {"text_embedding": np.ones((2, 8)), "noise": np.ones((2, 4))}
    >>> repairer({"image": image, "mask": mask, **said}).shape
    TensorShape([2, 32, 32, 3])
    """

    def __init__(
        self,
        image_size,
        text_dim,
        noise_dim=16,
        base_channels=8,
        condition_dim=64,
        stages=None,
        patch_size=2,
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        stages = resolve_stages(stages, REPAIRER_STAGES, image_size, patch_size)
        channels = [base_channels * multiplier for multiplier in stages]

        # === Functional model ===
        image = keras.Input((image_size, image_size, 3), name="image")
        mask = keras.Input((image_size, image_size, 1), name="mask")
        text = keras.Input((text_dim,), name="text_embedding")
        noise = keras.Input((noise_dim,), name="noise")
        said = keras.layers.Concatenate(dtype=dtype, name="text_and_noise")(
            [text, noise]
        )
        for index in range(2):
            said = _dense(condition_dim, dtype, f"condition_{index}")(said)
            said = _activation(dtype, f"condition_activation_{index}")(said)
        filled = PushPull(name="filled")(image, mask)
        x = keras.layers.Concatenate(dtype=dtype, name="filled_and_mask")(
            [filled, mask]
        )
        x = PatchesToChannels(patch_size, dtype=dtype, name="patches")(x)
        x = _convolution(channels[-1], dtype, "stem")(x)
        skips = []
        for index in reversed(range(1, len(channels))):
            x = _refine(x, said, dtype, f"down_{index}")
            skips.append(x)
            x = _halve(x, channels[index - 1], dtype, f"halve_{index}")
        x = _add(x, _placed(said, channels[0], dtype), dtype, "placed")
        x = _refine(x, said, dtype, "middle")
        for index in range(1, len(channels)):
            x = _double(x, channels[index], dtype, f"double_{index}")
            x = _add(x, skips.pop(), dtype, f"skip_{index}")
            x = _refine(x, said, dtype, f"up_{index}")
        x = _activation(dtype, "last_activation")(x)
        # From zero: a fresh repairer leaves what is known as it is.
        x = _convolution(3 * patch_size**2, dtype, "to_patches", "zeros")(x)
        x = ChannelsToPatches(patch_size, dtype=dtype, name="to_pixels")(x)
        # In float32: what is known would come out coarser than it went in.
        x = keras.layers.Add(dtype="float32", name="sum")([filled, x])
        # A slope passes where a value was cut off, else it would stay there.
        outputs = x + ops.stop_gradient(ops.clip(x, -1.0, 1.0) - x)
        inputs = {"image": image, "mask": mask, "text_embedding": text, "noise": noise}
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self.image_size = image_size
        self.text_dim = text_dim
        self.noise_dim = noise_dim
        self.base_channels = base_channels
        self.condition_dim = condition_dim
        self.stages = stages
        self.patch_size = patch_size
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
            "dtype": self.policy.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build a repairer from `get_config()`."""
        del custom_objects
        return cls(**config)

    def save_to_preset(self, folder):
        """Write the repairer to a folder that `from_preset` reads."""
        write_network(self, folder, "repairer")

    @classmethod
    def from_preset(cls, folder):
        """Read a repairer from a folder that `save_to_preset` wrote.

        Raises:
            ValueError: If the folder holds no repairer.
        """
        return read_network(cls, folder, "repairer")


def _dense(units, dtype, name):
    return keras.layers.Dense(
        units, kernel_initializer="he_normal", dtype=dtype, name=name
    )


def _activation(dtype, name):
    # A slope on both sides: with a plain ReLU the last map died in early steps.
    return LeakyReLU(0.2, dtype=dtype, name=name)


def _convolution(width, dtype, name, initializer="he_normal"):
    return keras.layers.Conv2D(
        width,
        3,
        padding="same",
        kernel_initializer=initializer,
        dtype=dtype,
        name=name,
    )


def _add(first, second, dtype, name):
    return keras.layers.Add(dtype=dtype, name=name)([first, second])


def _placed(said, width, dtype):
    """Make a 4x4 map of what is said: a text speaks of places."""
    x = _dense(4 * 4 * width, dtype, "said_map")(said)
    return keras.layers.Reshape((4, 4, width), dtype=dtype, name="said_places")(x)


def _refine(x, said, dtype, name):
    """Add a modulated convolution to the map."""
    update = FeatureModulation(dtype=dtype, name=f"{name}_modulation")(x, said)
    update = _activation(dtype, f"{name}_activation")(update)
    # From zero: the sums of a deep net would grow from stage to stage.
    update = _convolution(x.shape[-1], dtype, f"{name}_convolution", "zeros")(update)
    return _add(x, update, dtype, f"{name}_sum")


def _halve(x, width, dtype, name):
    """Make one place of four by a linear map of all they hold."""
    x = _activation(dtype, f"{name}_activation")(x)
    x = PatchesToChannels(2, dtype=dtype, name=f"{name}_stack")(x)
    return _dense(width, dtype, f"{name}_dense")(x)


def _double(x, width, dtype, name):
    """Make four places of one, each by its own linear map."""
    x = _activation(dtype, f"{name}_activation")(x)
    x = _dense(4 * width, dtype, f"{name}_dense")(x)
    return ChannelsToPatches(2, dtype=dtype, name=f"{name}_spread")(x)
