"""Holes of pictures filled in a graph; see `models.repairing`."""

import tensorflow as tf

from aigc_keras.datasets.pipeline import to_model_range, to_pixels
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.models.repairing import SHIFTS
from aigc_keras.serving import graph_pictures


def read_mask(file, sides):
    """Return where a picture's pixels are missing.

    Args:
        file: string scalar, a PNG or JPEG file, white where a pixel is missing.
        sides: int32 `(2,)`. Height and width of the picture.

    Returns:
        bool `(height, width)`.

    Raises:
        tf.errors.InvalidArgumentError: If the mask is not as large as the picture.
    """
    mask = graph_pictures.lay_on_white(graph_pictures.decode_picture(file))
    fits = tf.debugging.Assert(
        tf.reduce_all(tf.shape(mask)[:2] == sides),
        [
            "A mask must be as large as its picture. Received height and width:",
            tf.shape(mask)[:2],
            "for a picture of",
            sides,
        ],
    )
    with tf.control_dependencies([fits]):
        return tf.reduce_mean(mask, axis=-1) >= 127.5


def mend(repairer, square, holes, text, seed):
    """Return a square whose holes are filled, the mean over small shifts.

    Args:
        repairer: The network.
        square: float32 `(side, side, 3)` in [0, 255].
        holes: bool `(side, side)`.
        text: float32 `(1, text_dim)`, a sentence vector, zeros for no text.
        seed: int64 scalar.

    Returns:
        float32 `(side, side, 3)` of whole numbers in [0, 255].
    """
    side, count = square.shape[0], len(SHIFTS)
    noise = noise_from_seed(seed, repairer.noise_dim)[None]
    image = to_model_range(square)
    mask = tf.cast(holes, "float32")[..., None]
    inputs = {
        "image": tf.stack([_moved(image, *shift) for shift in SHIFTS]),
        "mask": tf.stack([_moved(mask, *shift) for shift in SHIFTS]),
        "text_embedding": tf.repeat(text, count, axis=0),
        "noise": tf.repeat(noise, count, axis=0),
    }
    repaired = repairer(inputs, training=False)
    back = [
        _back(x, *shift) for x, shift in zip(tf.unstack(repaired), SHIFTS, strict=True)
    ]
    share = [_back(tf.ones([side, side, 1]), *shift) for shift in SHIFTS]
    mean = tf.add_n(back) / tf.add_n(share)
    return tf.cast(to_pixels(mean), "float32")


def _moved(image, down, right):
    """Return an image moved by at most a pixel, what comes in repeating the border."""
    side = image.shape[0]
    padded = tf.pad(image, [[1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    return padded[1 - down : 1 - down + side, 1 - right : 1 - right + side]


def _back(image, down, right):
    """Return a moved image where it was, zero where it tells nothing."""
    side = image.shape[0]
    rows = [[max(0, -down), max(0, down)], [max(0, -right), max(0, right)]]
    part = image[
        max(0, down) : side - max(0, -down), max(0, right) : side - max(0, -right)
    ]
    return tf.pad(part, [*rows, [0, 0]])
