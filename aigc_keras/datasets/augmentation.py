"""Augments batches of images, seeded by the step."""

import re

import keras
import tensorflow as tf

from aigc_keras.datasets.errors import DatasetError

SIDES = re.compile(r"\b(left|right)\b|[左右]", re.IGNORECASE)
HEIGHTS = re.compile(
    r"\b(top|bottom|upper|lower|above|below)\b|[上下顶底]", re.IGNORECASE
)
# What a flip would make untrue.
FLIP_WORDS = {"flip": SIDES, "vertical_flip": HEIGHTS}
# Draws and colours in float32, whatever the global policy.
_PLAIN = {"dtype": "float32"}
_COLOUR = {"value_range": (0, 255), **_PLAIN}
_MIRROR = {"fill_mode": "reflect", **_PLAIN}

AUGMENTATIONS = {
    "flip": lambda: [keras.layers.RandomFlip("horizontal", **_PLAIN)],
    "vertical_flip": lambda: [keras.layers.RandomFlip("vertical", **_PLAIN)],
    "rotation": lambda: [keras.layers.RandomRotation(0.04, **_MIRROR)],
    # A smaller square of the picture at a random place.
    "crop": lambda: [
        keras.layers.RandomZoom((-0.2, 0.0), **_MIRROR),
        keras.layers.RandomTranslation(0.08, 0.08, **_MIRROR),
    ],
    # The parts of `RandomColorJitter`, which takes no seed for them.
    "color_jitter": lambda: [
        keras.layers.RandomBrightness(0.1, **_COLOUR),
        keras.layers.RandomContrast(0.1, **_COLOUR),
        keras.layers.RandomSaturation((0.4, 0.6), **_COLOUR),
        keras.layers.RandomHue(0.02, **_COLOUR),
    ],
    "brightness": lambda: [keras.layers.RandomBrightness(0.1, **_COLOUR)],
    "contrast": lambda: [keras.layers.RandomContrast(0.2, **_COLOUR)],
    "erasing": lambda: [
        keras.layers.RandomErasing(factor=0.5, scale=(0.02, 0.15), **_COLOUR)
    ],
}


class Augmentation:
    """A list of Keras's own preprocessing layers whose chances depend on the step.

    Keras's layers draw from a state that a resumed run would not have; here every draw
    follows from a seed and the number of the batch.

    Args:
        names: Sequence of str, names in `AUGMENTATIONS`, applied in this order.

    Raises:
        DatasetError: If a name is unknown.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.datasets.augmentation import Augmentation
    >>> images = np.zeros((2, 8, 8, 3), "uint8")
    >>> Augmentation(["flip", "contrast"])(images, [0, 5]).shape
    TensorShape([2, 8, 8, 3])
    """

    def __init__(self, names):
        unknown = [name for name in names if name not in AUGMENTATIONS]
        if unknown:
            raise DatasetError(
                f"An augmentation must be one of {sorted(AUGMENTATIONS)}. "
                f"Received: {unknown[0]!r}"
            )
        self.names = tuple(names)
        self._layers = [layer for name in names for layer in AUGMENTATIONS[name]()]

    def __call__(self, images, seed):
        """Augment a batch.

        Args:
            images: uint8 `(batch, height, width, 3)`.
            seed: int64 `(2,)`: the run's seed and the number of the batch.

        Returns:
            float32 `(batch, height, width, 3)` in [0, 255].
        """
        images = tf.cast(images, tf.float32)
        for index, layer in enumerate(self._layers):
            chances = _StepSeed(tf.cast(seed, tf.int64), index)
            transformation = layer.get_random_transformation(
                images, training=True, seed=chances
            )
            images = layer.transform_images(images, transformation, training=True)
        return tf.clip_by_value(tf.cast(images, tf.float32), 0.0, 255.0)

    def check_captions(self, captions):
        """Refuse a flip for captions that name the sides it would exchange.

        Args:
            captions: Sequence of str.

        Raises:
            DatasetError: With the first such caption.
        """
        for name, words in FLIP_WORDS.items():
            if name not in self.names:
                continue
            for caption in captions:
                if words.search(caption):
                    raise DatasetError(
                        f"The augmentation {name!r} would make captions untrue; leave "
                        f"it out. Received: {caption!r}"
                    )


def make_augmentation(names, dataset):
    """Return an `Augmentation` that suits a data set, or None for no names.

    Args:
        names: Sequence of str.
        dataset: `CaptionedDataset`.

    Raises:
        DatasetError: See `Augmentation` and its `check_captions`.
    """
    if not names:
        return None
    augmentation = Augmentation(names)
    augmentation.check_captions(dataset.flat_captions)
    return augmentation


class _StepSeed(keras.random.SeedGenerator):
    """Gives the seeds of one layer at one step, the same every time."""

    def __init__(self, seed, layer):
        # Not the parent's: it would create a variable, one a traced function.
        self._seed = seed
        self._draws = 1000 * layer

    def next(self, ordered=True):
        """Return the next seed, `(2,)`."""
        del ordered
        self._draws += 1
        return tf.stack([self._seed[0] * 100_003 + self._draws, self._seed[1]])
