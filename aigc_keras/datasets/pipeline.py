"""From prepared data to batches. The only place where pixels change range."""

import copy
import dataclasses
import functools

import numpy as np
import tensorflow as tf

from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.partial_captions import part_of_caption
from aigc_keras.datasets.sharding import replica_rows


def to_model_range(image):
    """Map uint8 pixels in [0, 255] to float32 in [-1, 1]."""
    return tf.cast(image, tf.float32) / 127.5 - 1.0


def to_pixels(image):
    """Map float images in [-1, 1] to uint8 in [0, 255], rounded and clipped."""
    image = (tf.cast(image, tf.float32) + 1.0) * 127.5
    return tf.cast(tf.clip_by_value(tf.round(image), 0.0, 255.0), tf.uint8)


@dataclasses.dataclass(frozen=True)
class CaptionTable:
    """What a text encoder made of every caption of a data set.

    Args:
        token_ids: int32 array `(num_captions, length)`.
        padding_mask: bool array `(num_captions, length)`.
        text_embedding: float array `(num_captions, text_dim)`, or None.
        language: int32 array `(num_captions,)`, a place in `language.LANGUAGES`, or
            None.
    """

    token_ids: np.ndarray
    padding_mask: np.ndarray
    text_embedding: np.ndarray | None = None
    language: np.ndarray | None = None

    def columns(self):
        """Return the arrays that are there, by the names a batch has."""
        arrays = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {name: array for name, array in arrays.items() if array is not None}


class CaptionedDataset:
    """One split of captioned images at one size.

    Args:
        name: str. Name of the data set and its configuration.
        split: str. Name of the split.
        images: uint8 array `(n, side, side, 3)`; may be mapped from disk.
        captions: List of n lists of str, none of them empty.
        batch_size: int. Images in a batch.
        labels: int array `(n,)`, or None.
        class_names: List of str, or None.
        report: `FaultReport` of what was left out, or None.

    Raises:
        DatasetError: If there is no image, or the numbers differ.
        ValueError: If `batch_size` is not positive.
    """

    def __init__(
        self,
        name,
        split,
        images,
        captions,
        batch_size,
        labels=None,
        class_names=None,
        report=None,
    ):
        if batch_size < 1:
            raise ValueError(
                f"`batch_size` must be at least 1. Received: batch_size={batch_size}"
            )
        if not len(images):
            raise DatasetError(
                f"A split must hold at least one image. Received: {name}/{split}"
            )
        if len(images) != len(captions) or not all(captions):
            raise DatasetError(
                "Every image must have a list of captions. Received: "
                f"{len(images)} images and {sum(map(bool, captions))} with captions"
            )
        self.name = name
        self.split = split
        self.images = images
        self.captions = captions
        self.batch_size = batch_size
        self.labels = labels
        self.class_names = class_names
        self.report = report
        self.num_images = len(images)
        self.image_size = images.shape[1]

    @functools.cached_property
    def row_splits(self):
        """int64 array `(num_images + 1,)`: where each image's captions start."""
        return np.cumsum([0] + [len(captions) for captions in self.captions])

    @functools.cached_property
    def flat_captions(self):
        """List of every caption, image by image."""
        return [caption for captions in self.captions for caption in captions]

    @functools.cached_property
    def owners(self):
        """int64 array: for each of `flat_captions`, the row of its image."""
        return np.repeat(np.arange(self.num_images), np.diff(self.row_splits))

    def with_batch_size(self, batch_size):
        """Return the same data set in batches of another size."""
        other = copy.copy(self)
        other.batch_size = batch_size
        return other

    def with_caption_parts(self, seed, number=1):
        """Return the same data set, with parts of captions added to each image's.

        Captions that tell everything teach nothing of what is meant where something is
        left out, as people do. Where no caption is long enough, nothing is added.

        Args:
            seed: int. Chooses the captions and the parts.
            number: int. Parts an image, default 1.
        """
        rng = np.random.default_rng(seed)
        other = copy.copy(self)
        # Computed anew from the captions.
        for name in ("row_splits", "flat_captions", "owners"):
            other.__dict__.pop(name, None)
        other.captions = []
        for captions in self.captions:
            chosen = (captions[rng.integers(len(captions))] for _ in range(number))
            parts = (part_of_caption(caption, rng) for caption in chosen)
            other.captions.append([*captions, *filter(None, parts)])
        return other

    @property
    def classes(self):
        """Names of the classes where every image has one of several, else None."""
        several = self.labels is not None and len(self.class_names or ()) > 1
        return self.class_names if several else None

    def with_classes(self, class_names):
        """Return the same data set, without labels unless its classes are these.

        Args:
            class_names: List of str, or None.
        """
        other = copy.copy(self)
        if class_names is None or self.classes != list(class_names):
            other.labels = other.class_names = None
        return other

    def model_images(self, rows):
        """Return chosen images as a model sees them.

        Args:
            rows: int array `(n,)`.

        Returns:
            float32 array `(n, image_size, image_size, 3)` in [-1, 1].
        """
        return to_model_range(self.images[rows]).numpy()

    def training_batches(
        self,
        table,
        batch_size=None,
        seed=0,
        start_step=0,
        augment=None,
        share=(range(1), 1),
    ):
        """Return an endless, shuffled, exactly resumable `tf.data.Dataset`.

        Batch `n` depends only on the arguments and `n`, so a run that resumes with
        `start_step=n` sees what an unbroken run sees. Each image comes once an epoch
        with one of its captions, chosen at random. Pixels stay on disk until their
        batch comes: memory does not grow with the data set.

        Args:
            table: `CaptionTable` of `flat_captions`.
            batch_size: int. Images a step, of all replicas. Default: the data set's
                own.
            seed: int. Seeds the order, the choice of captions and the augmentation.
            start_step: int. Batches to skip.
            augment: `Augmentation`, or None.
            share: Tuple of a range of replicas and the number of all: each element is
                the part of a batch of one of the former, in turn. All of them together
                see what one alone would see; what is not theirs is not read.

        Returns:
            Dataset of dicts: `image` float32 `(batch, size, size, 3)` in [-1, 1],
            `label` int64 `(batch,)` where there are classes, and the table's columns,
            one row an image.
        """
        batch_size = batch_size or self.batch_size
        replicas, sharing = share
        size = batch_size // sharing
        number = self.num_images
        row_splits = tf.constant(self.row_splits, tf.int64)
        seed = tf.constant(seed, tf.int64)
        columns = {k: tf.constant(v) for k, v in table.columns().items()}

        def read(rows):
            return self.images[rows]

        @tf.autograph.experimental.do_not_convert
        def make_batch(count):
            step = count // len(replicas)
            places = tf.range(batch_size, dtype=tf.int64)
            replica = tf.constant(replicas.start, tf.int64) + count % len(replicas)
            if sharing > 1:
                places = replica_rows(tf.constant(size, tf.int64), replica, sharing)
            counts = step * batch_size + places
            # A permutation an epoch, computed at any point without those before it.
            # (`tf.random.experimental.index_shuffle` pads a matrix of seeds wrongly.)
            fixed = tf.fill([size], seed)
            index = tf.raw_ops.RandomIndexShuffle(
                index=counts % number,
                seed=tf.stack([0 * fixed, fixed, counts // number], axis=1),
                max_index=tf.fill([size], tf.constant(number - 1, tf.int64)),
            )
            low, high = tf.gather(row_splits, index), tf.gather(row_splits, index + 1)
            chance = tf.random.stateless_uniform([batch_size], [seed, step])
            chance = tf.gather(chance, places)
            rows = low + tf.cast(chance * tf.cast(high - low, tf.float32), tf.int64)
            pixels = tf.numpy_function(read, [index], tf.uint8, stateful=False)
            side = self.image_size
            pixels = tf.ensure_shape(pixels, (size, side, side, 3))
            if augment is not None:
                # With one replica its number is 0.
                pixels = augment(pixels, tf.stack([seed + 1_000_003 * replica, step]))
            batch = {"image": to_model_range(pixels)}
            for name, array in columns.items():
                batch[name] = tf.gather(array, rows)
            if "text_embedding" in batch:
                batch["text_embedding"] = tf.cast(batch["text_embedding"], tf.float32)
            if self.labels is not None:
                batch["label"] = tf.gather(tf.constant(self.labels, tf.int64), index)
            return batch

        last = np.iinfo(np.int64).max // (batch_size * len(replicas))
        counts = tf.data.Dataset.range(start_step * len(replicas), last)
        return counts.map(make_batch, num_parallel_calls=2).prefetch(4)
