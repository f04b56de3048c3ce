"""Features of images, for the metrics that compare sets of them."""

import collections.abc
import dataclasses
import mmap

import keras
import numpy as np
import tensorflow as tf

from aigc_keras.datasets.pipeline import to_model_range

BATCH_SIZE = 250
INCEPTION_SIDE = 299


@dataclasses.dataclass(frozen=True)
class FeatureExtractor:
    """What turns images into features.

    Args:
        name: str. Part of every figure's name, since figures of two extractors cannot
            be compared.
        extract: Function from uint8 images `(n, side, side, 3)` to a pair: float
            features `(n, dim)`, and class probabilities `(n, classes)` or None.
    """

    name: str
    extract: collections.abc.Callable


@dataclasses.dataclass(frozen=True)
class Features:
    """Features of a set of images, one row an image.

    Args:
        values: float32 array `(n, dim)`.
        probabilities: float32 array `(n, classes)`, or None.
    """

    values: np.ndarray
    probabilities: np.ndarray | None = None

    def __len__(self):
        return len(self.values)

    def rows(self, rows):
        """Return some of the rows."""
        chosen = None if self.probabilities is None else self.probabilities[rows]
        return Features(self.values[rows], chosen)


def contrastive_extractor(image_encoder, name="contrastive"):
    """Return what an image encoder sees: textures and contents.

    How much every channel of every convolution varies over the picture, as a
    logarithm, in which blur and noise show even where the encoder has learned to see
    through them; and the image vector, at unit length times the root of its size, which
    says what is where. Either part's values differ by about 0.5 to 1.

    Reference for the former: Gatys et al., 2015, "Texture synthesis using convolutional
    neural networks" (only the diagonal of their Gram matrices).

    Args:
        image_encoder: `ImageEncoder`, best one that no GAN was trained against; see
            `open_evaluation_encoder`.
        name: str.
    """
    maps = [
        layer.output
        for layer in image_encoder.layers
        if layer.name.startswith("halve_") and layer.name.endswith("_activation")
    ]
    model = keras.Model(
        image_encoder.input, [*maps, image_encoder.output["image_vector"]]
    )

    @tf.function(
        input_signature=[tf.TensorSpec(image_encoder.input.shape, tf.float32)],
        autograph=False,
    )
    def forward(images):
        *maps, vector = model(images, training=False)
        textures = [
            tf.math.log(tf.math.reduce_std(tf.cast(x, tf.float32), axis=(1, 2)) + 0.01)
            for x in maps
        ]
        contents = tf.nn.l2_normalize(vector, axis=1) * vector.shape[1] ** 0.5
        return tf.concat([*textures, contents], axis=1)

    def extract(images):
        return forward(to_model_range(images)).numpy(), None

    return FeatureExtractor(name, extract)


def inception_extractor(weights="imagenet"):
    """Return the pooled features and class probabilities of Inception v3.

    Keras's weights and an antialiased bicubic resize to 299 pixels. The FID of papers
    is that of another set of weights (that of the TensorFlow graph of 2015): compare
    figures of this extractor with each other only.

    Reference: Szegedy et al., 2016, "Rethinking the Inception architecture"; Parmar et
    al., 2022, "On aliased resizing and surprising subtleties in GAN evaluation".

    Args:
        weights: `"imagenet"`, which is downloaded once, or the path of a file of the
            whole network's weights; None for random ones.

    Raises:
        ValueError: If the weights cannot be had.
    """
    try:
        network = keras.applications.InceptionV3(weights=weights)
    except Exception as error:
        raise ValueError(
            "Inception's weights must be a readable file, or the network must reach "
            f"them. Received: weights={weights!r} ({error})"
        ) from error
    outputs = [network.get_layer("avg_pool").output, network.output]
    model = keras.Model(network.input, outputs)

    @tf.function(
        input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8)],
        autograph=False,
    )
    def forward(images):
        size = (INCEPTION_SIDE, INCEPTION_SIDE)
        images = tf.cast(images, tf.float32)
        images = tf.image.resize(images, size, "bicubic", antialias=True)
        return model(tf.clip_by_value(images, 0, 255) / 127.5 - 1, training=False)

    def extract(images):
        features, probabilities = forward(images)
        return features.numpy(), probabilities.numpy()

    return FeatureExtractor("inception", extract)


def collect_features(extractor, batches, on_batch=None):
    """Run an extractor over images, batch by batch; only the features are kept.

    Args:
        extractor: `FeatureExtractor`.
        batches: Iterable of uint8 arrays `(n, side, side, 3)`.
        on_batch: Function `(number of images so far)`, for progress.

    Returns:
        `Features`: four bytes a value, so 10,000 images of 512 features are 20 MB.
    """
    values, probabilities, done = [], [], 0
    for images in batches:
        features, classes = extractor.extract(images)
        values.append(np.asarray(features, "float32"))
        if classes is not None:
            probabilities.append(np.asarray(classes, "float32"))
        done += len(images)
        if on_batch:
            on_batch(done)
    return Features(
        np.concatenate(values),
        np.concatenate(probabilities) if probabilities else None,
    )


def image_batches(images, rows=None):
    """Yield chosen images in batches; what lies on disk is read only then.

    A mapped file is mapped anew: the pages that were read go when all is yielded.
    """
    if isinstance(images, np.memmap) and isinstance(images.base, mmap.mmap):
        at = images.filename, images.dtype, "r", images.offset, images.shape
        images = np.memmap(*at)
    rows = np.arange(len(images)) if rows is None else rows
    for start in range(0, len(rows), BATCH_SIZE):
        yield np.asarray(images[rows[start : start + BATCH_SIZE]])
