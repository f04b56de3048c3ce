"""The noise encoder: the noise from which a picture would have been drawn."""

import keras
from keras import ops

from aigc_keras.layers import PatchesToChannels
from aigc_keras.models.discriminator import DISCRIMINATOR_STAGES
from aigc_keras.models.generator import resolve_stages
from aigc_keras.models.network_folder import read_network, write_network


@keras.saving.register_keras_serializable(package="aigc_keras")
class NoiseEncoder(keras.Model):
    """Finds the noise under which a caption would be drawn as a given picture.

    A functional model: patches, one dense map a halving, then an MLP over the whole map
    and the sentence vector. It answers with a normal distribution, whose distance from
    the standard one is a loss: what the caption says already is not said again.

    Reference: Larsen et al., 2016, "VAE-GAN" (sec. 2); Zhu et al., 2017, "BicycleGAN"
    (sec. 3.2, cVAE-GAN). Deviation: the encoder reads the text too.

    Args:
        image_size: int. Side in pixels: 32, 64, 128 or 256.
        text_dim: int. Length of the sentence vector.
        noise_dim: int. Length of the generator's noise.
        base_channels: int. What the stages multiply, default 16.
        hidden_dim: int. Width of the MLP, default 256.
        stages: Tuple of int. Channel multipliers from 4x4 places up.
        patch_size: int. Side in pixels of what one place sees first, default 4.
        dtype: Policy or its name; the outputs are always float32.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict of `image` `(batch, image_size, image_size, 3)` float in [-1, 1]
            and `text_embedding` `(batch, text_dim)` float.

    Returns:
        Dict of `mean` and `log_variance`, each `(batch, noise_dim)` float32.

    Raises:
        ValueError: If `stages` and `patch_size` do not lead from 4 to `image_size`.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.models import NoiseEncoder
    >>> encoder = NoiseEncoder(32, text_dim=8, noise_dim=4, base_channels=2)
    >>> inputs = {"image": np.ones((2, 32, 32, 3)), "text_embedding": np.ones((2, 8))}
    >>> encoder(inputs)["mean"].shape
    TensorShape([2, 4])
    """

    def __init__(
        self,
        image_size,
        text_dim,
        noise_dim,
        base_channels=16,
        hidden_dim=256,
        stages=None,
        patch_size=4,
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        stages = resolve_stages(stages, DISCRIMINATOR_STAGES, image_size, patch_size)
        widths = [base_channels * multiplier for multiplier in reversed(stages)]

        # === Functional model ===
        image = keras.Input((image_size, image_size, 3), name="image")
        text = keras.Input((text_dim,), name="text_embedding")
        x = PatchesToChannels(patch_size, dtype=dtype, name="patches")(image)
        x = keras.layers.Conv2D(
            widths[0],
            3,
            padding="same",
            kernel_initializer="he_normal",
            dtype=dtype,
            name="stem",
        )(x)
        for index, width in enumerate(widths[1:]):
            x = keras.layers.ReLU(dtype=dtype, name=f"halve_{index}_activation")(x)
            x = PatchesToChannels(2, dtype=dtype, name=f"halve_{index}_stack")(x)
            x = _dense(width, dtype, f"halve_{index}_dense")(x)
        x = keras.layers.ReLU(dtype=dtype, name="last_activation")(x)
        x = keras.layers.Flatten(dtype=dtype, name="flatten")(x)
        x = keras.layers.Concatenate(dtype=dtype, name="image_and_text")([x, text])
        for index in range(2):
            x = _dense(hidden_dim, dtype, f"hidden_{index}")(x)
            x = keras.layers.ReLU(dtype=dtype, name=f"hidden_{index}_activation")(x)
        outputs = {
            # Begins at the standard normal distribution.
            name: keras.layers.Dense(
                noise_dim, kernel_initializer="zeros", dtype="float32", name=name
            )(x)
            for name in ("mean", "log_variance")
        }
        super().__init__(
            inputs={"image": image, "text_embedding": text}, outputs=outputs, **kwargs
        )

        # === Config ===
        self.image_size = image_size
        self.text_dim = text_dim
        self.noise_dim = noise_dim
        self.base_channels = base_channels
        self.hidden_dim = hidden_dim
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
            "hidden_dim": self.hidden_dim,
            "stages": list(self.stages),
            "patch_size": self.patch_size,
            "dtype": self.policy.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build an encoder from `get_config()`."""
        del custom_objects
        return cls(**config)

    def save_to_preset(self, folder):
        """Write the encoder to a folder that `from_preset` reads."""
        write_network(self, folder, "noise_encoder")

    @classmethod
    def from_preset(cls, folder):
        """Read an encoder from a folder that `save_to_preset` wrote.

        Raises:
            ValueError: If the folder holds no noise encoder.
        """
        return read_network(cls, folder, "noise_encoder")


def sample_noise(found, standard):
    """Return noise from the distribution that a `NoiseEncoder` found.

    Reference: Kingma and Welling, 2014, "Auto-encoding variational Bayes" (sec. 2.4).

    Args:
        found: Dict of `mean` and `log_variance`, each `(batch, noise_dim)`.
        standard: `(batch, noise_dim)` float, standard normal.

    Returns:
        `(batch, noise_dim)` float32.
    """
    return found["mean"] + ops.exp(found["log_variance"] / 2) * standard


def _dense(units, dtype, name):
    return keras.layers.Dense(
        units, kernel_initializer="he_normal", dtype=dtype, name=name
    )
