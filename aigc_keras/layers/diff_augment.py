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
        # Channels before columns: sums over channels, and shifts as matrix products,
        # then go along memory.
        images = ops.transpose(ops.cast(images, "float32"), (0, 1, 3, 2))
        if "color" in self.policy:
            images = _change_colour(images, chances[:, :3])
        if "translation" in self.policy:
            images = _translate(images, chances[:, 3:5])
        if "cutout" in self.policy:
            images = _cut_out(images, chances[:, 5:7])
        return ops.transpose(images, (0, 1, 3, 2))

    def compute_output_shape(self, images_shape, chances_shape=None):
        """Return the shape of `images`."""
        return images_shape

    def get_config(self):
        """Return the constructor's arguments."""
        return {**super().get_config(), "policy": list(self.policy)}


def _change_colour(images, chances):
    """Brighten, then move from or to grey, then from or to the mean, at once."""
    brightness, saturation, contrast = (
        chances[:, i, None, None, None] for i in range(3)
    )
    saturation, contrast = 2 * saturation, contrast + 0.5
    grey = ops.mean(images, axis=2, keepdims=True)
    mean = ops.mean(grey, axis=(1, 3), keepdims=True)
    lifted = (1 - saturation) * contrast * grey
    lifted += (1 - contrast) * mean + (brightness - 0.5)
    return images * (saturation * contrast) + lifted


def _translate(images, chances, share=0.125):
    _, height, channels, width = images.shape
    down, right = (
        _shift_matrix(chances[:, axis], length, share)
        for axis, length in enumerate((height, width))
    )
    moved = ops.matmul(down, ops.reshape(images, (-1, height, channels * width)))
    moved = ops.reshape(moved, (-1, height * channels, width))
    moved = ops.matmul(moved, ops.transpose(right, (0, 2, 1)))
    return ops.reshape(moved, (-1, height, channels, width))


def _shift_matrix(chance, length, share):
    """Return `(batch, length, length)` matrices that take each place from another."""
    reach = int(length * share + 0.5)
    shift = ops.floor(chance * (2 * reach + 1)) - reach
    place = ops.arange(length, dtype="float32")
    origin = place[None, :] - shift[:, None]
    return ops.cast(ops.equal(origin[:, :, None], place), "float32")


def _cut_out(images, chances, share=0.5):
    masks = []
    for axis, length in enumerate((images.shape[1], images.shape[3])):
        size = int(length * share + 0.5)
        # The hole's middle lies anywhere in the image.
        start = ops.floor(chances[:, axis] * (length + 1 - size % 2)) - size // 2
        place = ops.arange(length, dtype="float32")[None] - start[:, None]
        masks.append(ops.cast(ops.logical_and(place >= 0, place < size), "float32"))
    hole = masks[0][:, :, None, None] * masks[1][:, None, None, :]
    return images * (1.0 - hole)
