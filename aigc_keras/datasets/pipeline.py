"""From prepared data to batches. The only place where pixels change range."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from aigc_keras.datasets.errors import DatasetError

# Pictures of one split are held in memory, resized, up to this many bytes.
MEMORY_LIMIT = 4 * 2**30
SHUFFLE_BUFFER = 20_000


def to_model_range(image):
    """Map uint8 pixels in [0, 255] to float32 in [-1, 1]."""
    return tf.cast(image, tf.float32) / 127.5 - 1.0


def to_pixels(image):
    """Map float images in [-1, 1] to uint8 in [0, 255], rounded and clipped."""
    image = (tf.cast(image, tf.float32) + 1.0) * 127.5
    return tf.cast(tf.clip_by_value(tf.round(image), 0.0, 255.0), tf.uint8)


def resize_image(image, image_size):
    """Crop the central square and resize it with antialiasing.

    Args:
        image: uint8 tensor `(height, width, 3)`.
        image_size: int. Side of the result in pixels.

    Returns:
        uint8 tensor `(image_size, image_size, 3)`.
    """
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    side = tf.minimum(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]

    def resize():
        size = (image_size, image_size)
        scaled = tf.image.resize(square, size, "bicubic", antialias=True)
        return tf.cast(tf.clip_by_value(tf.round(scaled), 0, 255), tf.uint8)

    result = tf.cond(side == image_size, lambda: square, resize)
    result.set_shape((image_size, image_size, 3))
    return result


@dataclasses.dataclass(frozen=True)
class CaptionTable:
    """What a text encoder made of every caption of a data set.

    Args:
        token_ids: int32 array `(num_captions, length)`.
        padding_mask: bool array `(num_captions, length)`.
        text_embedding: float array `(num_captions, text_dim)`, or None.
    """

    token_ids: np.ndarray
    padding_mask: np.ndarray
    text_embedding: np.ndarray | None = None

    def columns(self):
        """Return the arrays that are there, by the names a batch has."""
        arrays = dataclasses.asdict(self)
        return {name: array for name, array in arrays.items() if array is not None}


class CaptionedDataset:
    """One split of captioned images at one size.

    Args:
        name: str. Name of the data set and its configuration.
        split: str. Name of the split.
        open_elements: Function `(decode) -> tf.data.Dataset` of dicts with `captions`
            string `(num_captions,)` and, when `decode`, `image` uint8 `(h, w, 3)`, in
            an order that never changes.
        num_images: int. Number of elements.
        image_size: int. Side in pixels that images are resized to.
        batch_size: int. Images in a batch.
    """

    def __init__(self, name, split, open_elements, num_images, image_size, batch_size):
        if not 1 <= batch_size:
            raise ValueError(
                f"`batch_size` must be at least 1. Received: batch_size={batch_size}"
            )
        if num_images < 1:
            raise DatasetError(
                f"A split must hold at least one image. Received: {name}/{split}"
            )
        self.name = name
        self.split = split
        self.num_images = num_images
        self.image_size = image_size
        self.batch_size = batch_size
        self._open_elements: Callable = open_elements

    @functools.cached_property
    def captions(self):
        """List of lists of str: the captions of each image."""
        batches = self._open_elements(decode=False).ragged_batch(1024)
        columns = (batch["captions"] for batch in batches)
        return [
            [caption.decode() for caption in captions]
            for column in columns
            # Captions that are equally many on every image come as a plain tensor.
            for captions in (
                column.to_list()
                if isinstance(column, tf.RaggedTensor)
                else column.numpy().tolist()
            )
        ]

    @functools.cached_property
    def row_splits(self):
        """int64 array `(num_images + 1,)`: where each image's captions start."""
        return np.cumsum([0] + [len(captions) for captions in self.captions])

    @functools.cached_property
    def flat_captions(self):
        """List of every caption, image by image."""
        return [caption for captions in self.captions for caption in captions]

    @functools.cached_property
    def images(self):
        """uint8 array `(num_images, image_size, image_size, 3)`, all of the split."""
        side = self.image_size
        images = np.zeros((self.num_images, side, side, 3), "uint8")
        start = 0
        for batch in self._resized().batch(256).as_numpy_iterator():
            images[start : start + len(batch)] = batch
            start += len(batch)
        return images

    def model_images(self, rows):
        """Return chosen images as a model sees them.

        Args:
            rows: int array `(n,)`.

        Returns:
            float32 array `(n, image_size, image_size, 3)` in [-1, 1].
        """
        return to_model_range(self.images[rows]).numpy()

    @property
    def fits_in_memory(self):
        """Whether all images of the split may be held in memory."""
        return self.num_images * self.image_size**2 * 3 <= MEMORY_LIMIT

    def _resized(self):
        return self._open_elements(decode=True).map(
            lambda element: resize_image(element["image"], self.image_size),
            num_parallel_calls=tf.data.AUTOTUNE,
        )

    def training_batches(self, table, batch_size=None, seed=0, start_step=0):
        """Return an endless, shuffled, exactly resumable `tf.data.Dataset`.

        Batch `n` depends only on the arguments and `n`, so a run that resumes with
        `start_step=n` sees what an unbroken run sees. Each image comes once an epoch
        with one of its captions, chosen at random.

        Args:
            table: `CaptionTable` of `flat_captions`.
            batch_size: int. Default: the data set's own.
            seed: int. Seeds the order and the choice of captions.
            start_step: int. Batches to skip.

        Returns:
            Dataset of dicts: `image` float32 `(batch, size, size, 3)` in [-1, 1] and
            the table's columns, one row an image.
        """
        batch_size = batch_size or self.batch_size
        start = start_step * batch_size
        columns = {k: tf.constant(v) for k, v in table.columns().items()}
        row_splits = tf.constant(self.row_splits, tf.int64)
        if self.fits_in_memory:
            stream = self._memory_stream(seed, start)
        else:
            stream = self._file_stream(seed, start)

        @tf.autograph.experimental.do_not_convert
        def add_text(count, index, image):
            low, high = row_splits[index], row_splits[index + 1]
            row = tf.random.stateless_uniform([], [seed, count], low, high, tf.int64)
            text = {name: tf.gather(array, row) for name, array in columns.items()}
            if "text_embedding" in text:
                text["text_embedding"] = tf.cast(text["text_embedding"], tf.float32)
            return {"image": to_model_range(image), **text}

        return (
            stream.map(add_text, num_parallel_calls=tf.data.AUTOTUNE)
            .batch(batch_size, drop_remainder=True)
            .prefetch(4)
        )

    def _memory_stream(self, seed, start):
        images = tf.constant(self.images)
        number = self.num_images

        @tf.autograph.experimental.do_not_convert
        def pick(count):
            # A permutation a seed, computed at any point without the ones before it.
            epoch = tf.cast(count // number, tf.int32)
            index = tf.random.experimental.index_shuffle(
                count % number, [seed, epoch], number - 1
            )
            return count, index, images[index]

        counts = tf.data.Dataset.range(start, np.iinfo(np.int64).max)
        return counts.map(pick, num_parallel_calls=tf.data.AUTOTUNE)

    def _file_stream(self, seed, start):
        elements = self._open_elements(decode=True).enumerate()
        elements = elements.map(
            lambda index, element: (
                index,
                resize_image(element["image"], self.image_size),
            ),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        buffer = min(self.num_images, SHUFFLE_BUFFER)
        shuffled = elements.shuffle(buffer, seed, reshuffle_each_iteration=True)
        stream = shuffled.repeat().enumerate().skip(start)
        return stream.map(lambda count, pair: (count, *pair))
