"""Damages images, so that a network may learn to mend them."""

import math

import keras
from keras import ops

# Corners of a brush stroke.
STROKE_POINTS = 5
# Random numbers of one mask, and all that one image needs.
MASK_CHANCES = 12 + 2 * STROKE_POINTS
NUM_CHANCES = 2 + 2 * MASK_CHANCES
# Shares of the side: of boxes, of a stroke's radius, and of the way to its next corner.
BOX_SIDES = (0.12, 0.65)
STROKE_RADII = (0.015, 0.09)
STROKE_STEP = 0.4
# Of pictures with holes: which have a large part missing, boxes, strokes.
LARGE, BOXES, STROKES = (0.0, 0.15), (0.15, 0.7), (0.55, 1.0)


@keras.saving.register_keras_serializable(package="aigc_keras")
class Damage(keras.layers.Layer):
    """Makes holes in images, or lays noise or blur on them.

    A hole is a box or two, a brush stroke, both, or all on one side of a line. Of two
    such the one stays that hides more of what differs from the image's mean colour: a
    hole in plain ground teaches little. The chances are an input: the same numbers give
    the same damage.

    Reference: Pathak et al., 2016, "Context encoders" (sec. 3.3, random regions); Yu et
    al., 2019, "Free-form image inpainting with gated convolution" (sec. 3.3, strokes).

    Args:
        holes: float. Share of the images that get holes, 0 to 1; of the others half get
            noise and half are blurred.
        noise: float. The strongest deviation of the normal noise, in the images' range.
        blur: float. The largest deviation of the Gaussian blur, as a share of the side.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        images: `(batch, side, side, 3)` float in [-1, 1].
        chances: `(batch, 46)` float in [0, 1).
        noise: Standard normal, shaped like `images`.

    Returns:
        Dict of `image`, the damaged images as eight bits would hold them, in [-1, 1], 0
        in holes; `mask` `(batch, side, side, 1)`, 1 in holes; and `damaged`, the same,
        but 1 all over an image with noise or blur.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.layers import Damage
    >>> images = np.zeros((2, 8, 8, 3), "float32")
    >>> Damage()(images, np.full((2, 46), 0.5), images)["mask"].shape
    TensorShape([2, 8, 8, 1])
    """

    def __init__(self, holes=0.7, noise=0.5, blur=0.035, **kwargs):
        # Whatever the global policy: eight bits of a chance would be too few.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.holes = holes
        self.noise = noise
        self.blur = blur

    def call(self, images, chances, noise):
        """Damage; see the class docstring."""
        images = ops.cast(images, "float32")
        kind, strength = _columns(chances[:, :1]), _columns(chances[:, 1:2])
        whole = (1.0 - self.holes) / 2
        has_holes = ops.cast(kind < self.holes, "float32")
        is_noisy = ops.cast(kind >= 1.0 - whole, "float32")
        is_blurred = 1.0 - has_holes - is_noisy
        side = images.shape[1]
        mask = has_holes * _telling(
            images,
            _hole_masks(chances[:, 2 : 2 + MASK_CHANCES], side),
            _hole_masks(chances[:, 2 + MASK_CHANCES :], side),
        )
        blurred = _blur(images, strength[:, 0, 0, 0] * self.blur * side)
        images = images + is_blurred * (blurred - images)
        images = _stored(images + is_noisy * strength * self.noise * noise)
        return {
            "image": images * (1.0 - mask),
            "mask": mask,
            "damaged": ops.maximum(mask, 1.0 - has_holes),
        }

    def compute_output_shape(self, images_shape, chances_shape=None, noise_shape=None):
        """Return the shapes of the three."""
        flat = (*images_shape[:3], 1)
        return {"image": images_shape, "mask": flat, "damaged": flat}

    def get_config(self):
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "holes": self.holes,
            "noise": self.noise,
            "blur": self.blur,
        }


def _columns(values):
    return ops.cast(values, "float32")[:, :, None, None]


def _telling(images, first, second):
    """Return, image by image, the mask that hides more of what is not plain."""
    mean = ops.mean(images, axis=(1, 2), keepdims=True)
    detail = ops.sum(ops.abs(images - mean), axis=-1, keepdims=True)
    gain = ops.sum(detail * (first - second), axis=(1, 2, 3), keepdims=True)
    return ops.where(gain >= 0, first, second)


def _hole_masks(chances, side):
    """Return masks of boxes, strokes and large parts, `(batch, side, side, 1)`."""
    choice = chances[:, 0]
    boxes = ops.maximum(
        _box(chances[:, 1:5], side),
        # Every other picture's second box.
        _box(chances[:, 5:9], side) * _between(chances[:, 9], 0.5, 1.0),
    )
    large = _beyond_a_line(chances[:, 9:11], side)
    strokes = _stroke(chances[:, 11:], side)
    mask = large * _between(choice, *LARGE)
    mask = ops.maximum(mask, boxes * _between(choice, *BOXES))
    mask = ops.maximum(mask, strokes * _between(choice, *STROKES))
    return mask[..., None]


def _between(values, low, high):
    inside = ops.logical_and(values >= low, values < high)
    return ops.cast(inside, "float32")[:, None, None]


def _places(side):
    """Return the pixels' centres as shares of the side, `(side,)`."""
    return (ops.arange(side, dtype="float32") + 0.5) / side


def _box(chances, side):
    """Return boxes from chances of two centres and two lengths."""
    low, high = BOX_SIDES
    inside = []
    for axis in (0, 1):
        half = (low + (high - low) * chances[:, axis + 2, None]) / 2
        distance = ops.abs(_places(side)[None] - chances[:, axis, None])
        inside.append(ops.cast(distance <= half, "float32"))
    return inside[0][:, :, None] * inside[1][:, None, :]


def _beyond_a_line(chances, side):
    """Return all on one side of a line of any direction, or everything."""
    angle = 2 * math.pi * chances[:, 0, None, None]
    row, column = _places(side)[None, :, None] - 0.5, _places(side)[None, None] - 0.5
    height = ops.cos(angle) * row + ops.sin(angle) * column
    return ops.cast(height >= 0.2 - chances[:, 1, None, None], "float32")


def _stroke(chances, side):
    """Return thick lines through corners that wander."""
    low, high = STROKE_RADII
    radius = (low + (high - low) * chances[:, 0, None, None]) ** 2
    point = chances[:, 1:3]
    nearest = None
    for index in range(1, STROKE_POINTS):
        turn = 2 * math.pi * chances[:, 1 + 2 * index]
        length = STROKE_STEP * chances[:, 2 + 2 * index]
        step = length[:, None] * ops.stack([ops.cos(turn), ops.sin(turn)], axis=1)
        distance = _squared_distance(point, step, side)
        nearest = distance if nearest is None else ops.minimum(nearest, distance)
        point = ops.clip(point + step, 0.0, 1.0)
    return ops.cast(nearest <= radius, "float32")


def _squared_distance(start, step, side):
    """Return each pixel's squared distance from a line of two ends."""
    row = _places(side)[None, :, None] - start[:, 0, None, None]
    column = _places(side)[None, None, :] - start[:, 1, None, None]
    down, right = step[:, 0, None, None], step[:, 1, None, None]
    length = ops.maximum(down**2 + right**2, 1e-6)
    share = ops.clip((row * down + column * right) / length, 0.0, 1.0)
    return (row - share * down) ** 2 + (column - share * right) ** 2


def _stored(images):
    """Return images as they come out of a file: what was cut off or rounded is lost."""
    return ops.clip(ops.round((images + 1.0) * 127.5), 0.0, 255.0) / 127.5 - 1.0


def _blur(images, deviation):
    """Blur each image by its own deviation in pixels; borders count as they are."""
    place = ops.arange(images.shape[1], dtype="float32")
    distance = (place[:, None] - place[None]) ** 2
    width = ops.maximum(deviation, 1e-2)[:, None, None]
    weights = ops.exp(-0.5 * distance[None] / width**2)
    weights = weights / ops.sum(weights, axis=2, keepdims=True)
    images = ops.einsum("bij,bjwc->biwc", weights, images)
    return ops.einsum("bij,bhjc->bhic", weights, images)
