"""From a caption to the image vector to expect: what a prior learns from."""

import keras
import numpy as np
from keras import ops

# Of the mean variance: below that a direction is rounding, not picture.
LEAST_VARIANCE = 1e-3
# Of a regression, for each caption.
REGRESSION_PENALTY = 5e-3
# Pixels a side of the picture that is expected, or all there are, and its weight: the
# squared error of pixels from -1 to 1 is a tenth of that of whitened vectors.
PICTURE_SIZE, PICTURE_WEIGHT = 16, 10.0
_BATCH = 500


def whitening(vectors):
    """Return the affine map that gives vectors a mean of 0 and a covariance of one.

    A network that is to expect vectors by their squared error then takes each direction
    for as important as any other: the variances of the vectors of `shapes/scenes` span
    four orders of magnitude.

    Args:
        vectors: float array `(n, dim)`.

    Returns:
        Tuple of float32 `(dim, dim)` and `(dim,)` for `vectors @ matrix + bias`. A
        direction in which the vectors hardly differ stays small.
    """
    vectors = np.asarray(vectors, "float64")
    mean = vectors.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov((vectors - mean).T))
    floor = LEAST_VARIANCE * variances.mean()
    matrix = directions / np.sqrt(np.maximum(variances, 0) + floor)
    return matrix.astype("float32"), (-mean @ matrix).astype("float32")


def image_vectors(judge, dataset):
    """Return what the judge sees in each picture, float32 `(num_images, dim)`."""
    rows = np.arange(dataset.num_images)
    parts = [
        judge.predict_on_batch(dataset.model_images(rows[start : start + _BATCH]))
        for start in range(0, len(rows), _BATCH)
    ]
    return np.concatenate([part["image_vector"] for part in parts]).astype("float32")


def whiten_judge(judge, dataset):
    """Make the judge give whitened vectors, in place, by its last layer.

    Args:
        judge: `ImageEncoder`.
        dataset: `CaptionedDataset` of its image size, by whose pictures they are white.

    Returns:
        float32 `(num_images, dim)`, the vectors that it now gives.
    """
    vectors = image_vectors(judge, dataset)
    matrix, bias = whitening(vectors)
    layer = judge.get_layer("vector")
    kernel, old_bias = layer.get_weights()
    layer.set_weights([kernel @ matrix, old_bias @ matrix + bias])
    return vectors @ matrix + bias


def prior_pooler(pooler, dim):
    """Return a pooler with a new last layer, in place of the content's or an older one.

    Args:
        pooler: Functional model to a sentence vector.
        dim: int. Length of the new vector.

    Returns:
        Tuple of the functional model to the new vector, and the one to what its last
        layer, named `prior`, reads.
    """
    before = pooler.output
    if pooler.layers[-1].name in ("content", "prior"):
        before = pooler.layers[-1].input
    layer = keras.layers.Dense(dim, dtype="float32", name="prior")
    new = keras.Model(pooler.input, layer(before), name="prior_pooler")
    return new, keras.Model(pooler.input, before)


def regression(vectors, targets):
    """Return the weights of a linear layer, by ridge regression.

    Args:
        vectors: float array `(n, dim)`.
        targets: float array `(n, target_dim)`.

    Returns:
        List of float32 `(dim, target_dim)` and `(target_dim,)`.
    """
    vectors = np.asarray(vectors, "float64")
    ones = np.ones((len(vectors), 1))
    vectors = np.concatenate([vectors, ones], axis=1)
    penalty = REGRESSION_PENALTY * len(vectors) * np.eye(vectors.shape[1])
    weights = np.linalg.solve(vectors.T @ vectors + penalty, vectors.T @ targets)
    return [weights[:-1].astype("float32"), weights[-1].astype("float32")]


def seen_from_afar(images, size=PICTURE_SIZE):
    """Return images averaged down to `size` pixels a side, float32.

    Args:
        images: `(batch, side, side, 3)` float in [-1, 1].
        size: int. Above `side` they stay as they are.
    """
    factor = max(1, images.shape[1] // size)
    return ops.average_pool(ops.cast(images, "float32"), factor)


def pictures_from_afar(dataset, rows):
    """Return some pictures of a data set from afar, float32 `(n, pixels)`."""
    parts = [
        seen_from_afar(dataset.model_images(rows[start : start + _BATCH]))
        for start in range(0, len(rows), _BATCH)
    ]
    return np.concatenate([np.asarray(x).reshape(len(x), -1) for x in parts])


class ExpectedImageModel(keras.Model):
    """Trains a text encoder to say what to expect: an image vector and a picture.

    `fit` on dicts of `token_ids`, `padding_mask`, `image_vector` and `image` minimises
    the mean squared error of the sentence vector, and that of a small picture which a
    linear map reads off it. Without the picture, sentence vectors of `shapes/scenes`
    hardly learned which of two colours is where (benchmarks/README.md).

    Args:
        backbone: `keras_nlp.models.GPT2Backbone`; trained when it is trainable.
        pooler: Functional model from `tokens` and `padding_mask` to a vector.
        image_size: int. Side of the images in pixels.
        **kwargs: Passed to `keras.Model`.
    """

    def __init__(self, backbone, pooler, image_size, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.backbone, self.pooler = backbone, pooler
        side = min(image_size, PICTURE_SIZE)
        self.picture = keras.layers.Dense(
            side * side * 3, dtype="float32", name="picture"
        )
        self.picture.build(pooler.output_shape)

    def call(self, inputs, training=None):
        """Return what a batch's captions let expect, as `(vectors, pictures)`."""
        mask = inputs["padding_mask"]
        tokens = {"token_ids": inputs["token_ids"], "padding_mask": mask}
        states = self.backbone(tokens, training=training)
        tokens = {"tokens": states, "padding_mask": mask}
        vectors = self.pooler(tokens, training=training)
        return vectors, self.picture(vectors)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the loss of a batch."""
        del y, sample_weight, kwargs
        vectors, pictures = y_pred
        shown = ops.reshape(seen_from_afar(x["image"]), ops.shape(pictures))
        loss = ops.mean(ops.square(vectors - x["image_vector"]))
        return loss + PICTURE_WEIGHT * ops.mean(ops.square(pictures - shown))
