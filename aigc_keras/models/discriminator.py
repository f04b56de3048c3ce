"""The discriminator: one image trunk and one head that meets the text."""

import keras
from keras import ops

from aigc_keras.layers import PatchesToChannels
from aigc_keras.models.generator import resolve_stages

# Channel multipliers per stage, from 4x4 places up to the image's side over the patch
# size; read from the last to the first.
DISCRIMINATOR_STAGES = {
    32: (8, 4),
    64: (8, 8, 4),
    128: (8, 8, 8, 4),
    256: (8, 8, 8, 8, 4),
}


@keras.saving.register_keras_serializable(package="aigc_keras")
class Discriminator(keras.Model):
    """Judges whether an image is real and says what the text says.

    A functional model: a `trunk` makes a realness logit and a vector of an image, a
    `text_projection` a vector of a sentence, and the validity is the realness plus the
    two vectors' scaled product. Another caption for the same image so costs one
    product, and the same vectors serve the contrastive loss. Where there are classes, a
    third head of the trunk tells them apart.

    Reference: Miyato and Koyama, 2018, "cGANs with projection discriminator" (eq. 3);
    Zhang et al., 2021, "XMC-GAN" (sec. 4.2); for the classes Odena et al., 2017,
    "AC-GAN" (sec. 3).

    Args:
        image_size: int. Side in pixels: 32, 64, 128 or 256.
        text_dim: int. Length of the sentence vector.
        base_channels: int. What the stages multiply, default 16.
        matching_dim: int. Length of the vectors, default 256.
        stages: Tuple of int. Channel multipliers from 4x4 places up.
        patch_size: int. Side in pixels of what one place sees first, default 4.
        blocks: int. Residual blocks a stage, default 1.
        num_classes: int or None. Classes that images are told apart by.
        dtype: Policy or its name; the outputs are always float32.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: Dict of `image` `(batch, image_size, image_size, 3)` float in [-1, 1]
            and `text_embedding` `(batch, text_dim)` float.

    Returns:
        Dict of `validity` `(batch, 1)`, `image_vector` and `text_vector`
        `(batch, matching_dim)`, and, with classes, `class_logits`
        `(batch, num_classes)`, all float32.

    Raises:
        ValueError: If `stages` and `patch_size` do not lead from 4 to `image_size`.

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
        base_channels=16,
        matching_dim=256,
        stages=None,
        patch_size=4,
        blocks=1,
        num_classes=None,
        dtype=None,
        **kwargs,
    ):
        # === Layers ===
        dtype = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        stages = resolve_stages(stages, DISCRIMINATOR_STAGES, image_size, patch_size)
        channels = [base_channels * multiplier for multiplier in stages]
        heads = {"realness": 1, "image_vector": matching_dim}
        if num_classes is not None:
            heads["class_logits"] = num_classes
        trunk = _trunk(image_size, channels, patch_size, blocks, heads, dtype)
        text_projection = keras.layers.Dense(
            matching_dim, dtype="float32", name="text_vector"
        )

        # === Functional model ===
        image = keras.Input((image_size, image_size, 3), name="image")
        text = keras.Input((text_dim,), name="text_embedding")
        seen, said = trunk(image), text_projection(text)
        outputs = {
            "validity": validity(seen["realness"], seen["image_vector"], said),
            "image_vector": seen["image_vector"],
            "text_vector": said,
        }
        if num_classes is not None:
            outputs["class_logits"] = seen["class_logits"]
        super().__init__(
            inputs={"image": image, "text_embedding": text}, outputs=outputs, **kwargs
        )

        # === Config ===
        self.trunk = trunk
        self.text_projection = text_projection
        self.image_size = image_size
        self.text_dim = text_dim
        self.base_channels = base_channels
        self.matching_dim = matching_dim
        self.stages = stages
        self.patch_size = patch_size
        self.blocks = blocks
        self.num_classes = num_classes
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
            "patch_size": self.patch_size,
            "blocks": self.blocks,
            "num_classes": self.num_classes,
            "dtype": self.policy.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Build a discriminator from `get_config()`."""
        del custom_objects
        return cls(**config)


def validity(realness, image_vector, text_vector):
    """Return the logit of "real, and what the text says".

    Args:
        realness: `(batch, 1)` float.
        image_vector: `(batch, dim)` float.
        text_vector: `(batch, dim)` float.

    Returns:
        `(batch, 1)` float: realness plus the vectors' product over the root of `dim`.
    """
    product = ops.sum(image_vector * text_vector, axis=-1, keepdims=True)
    return realness + product / image_vector.shape[-1] ** 0.5


def _trunk(image_size, channels, patch_size, blocks, heads, dtype):
    image = keras.Input((image_size, image_size, 3), name="image")
    widths = list(reversed(channels))
    x = PatchesToChannels(patch_size, dtype=dtype, name="patches")(image)
    x = _convolution(widths[0], dtype, "stem")(x)
    for index, width in enumerate(widths[1:]):
        for block in range(blocks):
            x = _refine(x, dtype, f"refine_{index}_{block}")
        x = _halve(x, width, dtype, f"halve_{index}")
    x = _activation(dtype, "last_activation")(x)
    x = keras.layers.Flatten(dtype=dtype, name="flatten")(x)
    x = _dense(heads["image_vector"], dtype, "hidden")(x)
    x = _activation(dtype, "hidden_activation")(x)
    outputs = {
        name: keras.layers.Dense(units, dtype="float32", name=name)(x)
        for name, units in heads.items()
    }
    return keras.Model(image, outputs, name="trunk")


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


def _refine(x, dtype, name):
    """Add a convolution to the map."""
    update = _activation(dtype, f"{name}_activation")(x)
    update = _convolution(x.shape[-1], dtype, f"{name}_convolution")(update)
    return keras.layers.Add(dtype=dtype, name=f"{name}_sum")([x, update])


def _halve(x, width, dtype, name):
    """Make one place of four by a linear map of all they hold."""
    x = _activation(dtype, f"{name}_activation")(x)
    x = PatchesToChannels(2, dtype=dtype, name=f"{name}_stack")(x)
    return _dense(width, dtype, f"{name}_dense")(x)
