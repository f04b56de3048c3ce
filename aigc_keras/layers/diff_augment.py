"""Differentiable augmentation of what the discriminator sees."""

import keras
from keras import ops

# Random numbers that one image needs.
NUM_CHANCES = 7


@keras.saving.register_keras_serializable(package="aigc_keras")
class DiffAugment(keras.layers.Layer):
    """Colour, translation and cutout, differentiable by the image.

    Real and generated images go through the same family of transforms before the
    discriminator, so that it cannot learn a small data set by heart, and the
    generator's gradient passes through. The chances are an input: the same numbers give
    the same images.

    Reference: Zhao et al., 2020, "Differentiable augmentation for data-efficient GAN
    training" (sec. 4, their ranges).

    Args:
        policy: Sequence of str out of `"color"`, `"translation"`, `"cutout"`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        images: `(batch, height, width, 3)` float in [-1, 1].
        chances: `(batch, 7)` float in [0, 1).

    Returns:
        Tensor shaped like `images`. Colours may leave [-1, 1]; what comes in from
        outside, and what is cut out, is 0.

    Raises:
        ValueError: If a name in `policy` is unknown.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import DiffAugment
    >>> images, chances = np.ones((2, 8, 8, 3)), np.full((2, 7), 0.5)
    >>> DiffAugment(("color", "cutout"))(images, chances).shape
    TensorShape([2, 8, 8, 3])
    """

    POLICIES = ("color", "translation", "cutout")

    def __init__(self, policy=POLICIES, **kwargs):
        # Whatever the global policy: eight bits of a chance would be too few.
        super().__init__(**{"dtype": "float32", **kwargs})
        unknown = [name for name in policy if name not in self.POLICIES]
        if unknown:
            raise ValueError(
                f"`policy` must hold names of {self.POLICIES}. Received: {unknown[0]!r}"
            )
        self.policy = tuple(policy)

    def call(self, images, chances):
        """Augment; see the class docstring."""
        images = ops.cast(images, "float32")
        if "color" in self.policy:
            images = _change_colour(images, chances[:, :3])
        if "translation" in self.policy:
            images = _translate(images, chances[:, 3:5])
        if "cutout" in self.policy:
            images = _cut_out(images, chances[:, 5:7])
        return images

    def compute_output_shape(self, images_shape, chances_shape=None):
        """Return the shape of `images`."""
        return images_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "policy": list(self.policy)}


def _change_colour(images, chances):
    brightness, saturation, contrast = (
        chances[:, i, None, None, None] for i in range(3)
    )
    images = images + (brightness - 0.5)
    grey = ops.mean(images, axis=3, keepdims=True)
    images = (images - grey) * (2 * saturation) + grey
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    return (images - mean) * (contrast + 0.5) + mean


def _translate(images, chances, share=0.125):
    for axis in (1, 2):
        length = images.shape[axis]
        reach = int(length * share + 0.5)
        shift = ops.floor(chances[:, axis - 1] * (2 * reach + 1)) - reach
        place = ops.arange(length, dtype="float32")[None] - shift[:, None]
        inside = ops.logical_and(place >= 0, place <= length - 1)
        index = ops.cast(ops.clip(place, 0, length - 1), "int32")
        shape = (-1, length, 1, 1) if axis == 1 else (-1, 1, length, 1)
        images = ops.take_along_axis(images, ops.reshape(index, shape), axis=axis)
        images = images * ops.reshape(ops.cast(inside, "float32"), shape)
    return images


def _cut_out(images, chances, share=0.5):
    masks = []
    for axis in (1, 2):
        length = images.shape[axis]
        size = int(length * share + 0.5)
        # The hole's middle lies anywhere in the image.
        start = ops.floor(chances[:, axis - 1] * (length + 1 - size % 2)) - size // 2
        place = ops.arange(length, dtype="float32")[None] - start[:, None]
        masks.append(ops.cast(ops.logical_and(place >= 0, place < size), "float32"))
    hole = masks[0][:, :, None, None] * masks[1][:, None, :, None]
    return images * (1.0 - hole)
