"""Pictures from bytes to a model's square and back, in core TensorFlow operations.

What `datasets/images.py`, `framing.py` and `pasting.py` do with Pillow, for a
SavedModel: PNG and JPEG alone, the rotation of EXIF not applied.
"""

import tensorflow as tf

from aigc_keras.datasets.framing import MIN_SIDE

# Of a picture that is decoded in a server: 64 MB with opacity.
MAX_PIXELS = 16_000_000
PNG_MARK, JPEG_MARK = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
# Mark, length, name and the thirteen bytes of a PNG's first chunk, and its checksum.
PNG_HEAD = 33
# Of zlib: about a third of the time of its default for a seventh more bytes.
PNG_COMPRESSION = 1


def decode_picture(image_bytes):
    """Decode a picture once its size is known to be bearable.

    Args:
        image_bytes: string scalar, a PNG or JPEG file.

    Returns:
        uint8 `(height, width, 4)`, the last channel opacity.

    Raises:
        tf.errors.InvalidArgumentError: If it is another or a damaged file, a side is
            under 4 pixels, or there are over `MAX_PIXELS`.
    """
    is_png = tf.strings.substr(image_bytes, 0, len(PNG_MARK)) == PNG_MARK
    is_png &= tf.strings.length(image_bytes) >= PNG_HEAD
    is_jpeg = tf.strings.substr(image_bytes, 0, len(JPEG_MARK)) == JPEG_MARK
    known = tf.debugging.Assert(
        is_png | is_jpeg,
        [
            "A picture must be the bytes of a PNG or JPEG file. Received bytes:",
            tf.strings.length(image_bytes),
        ],
    )
    with tf.control_dependencies([known]):
        height, width = tf.cond(
            is_png, lambda: _png_size(image_bytes), lambda: _jpeg_size(image_bytes)
        )
    # Each side alone first: the product of two of them may not fit into an int64.
    longer, shorter = tf.maximum(height, width), tf.minimum(height, width)
    few = (longer <= MAX_PIXELS) & (longer * shorter <= MAX_PIXELS)
    bearable = tf.debugging.Assert(
        (shorter >= MIN_SIDE) & few,
        [
            f"A picture must have sides of {MIN_SIDE} pixels or more, and at most "
            f"{MAX_PIXELS} pixels. Received height and width:",
            height,
            width,
        ],
    )
    with tf.control_dependencies([bearable]):
        image = tf.cond(
            is_png,
            lambda: tf.io.decode_png(image_bytes, channels=4),
            lambda: _opaque(tf.io.decode_jpeg(image_bytes, channels=3)),
        )
    return tf.ensure_shape(image, [None, None, 4])


def encode_pictures(images):
    """Return PNG files.

    Args:
        images: uint8 `(batch, height, width, 3)`.

    Returns:
        string `(batch,)`.
    """
    return tf.map_fn(
        lambda image: tf.io.encode_png(image, compression=PNG_COMPRESSION),
        images,
        fn_output_signature=tf.TensorSpec([], tf.string),
    )


def _png_size(image_bytes):
    """Return height and width, int64, as the file's head says them."""
    head = tf.cast(
        tf.io.decode_raw(tf.strings.substr(image_bytes, 16, 8), "uint8"), "int64"
    )
    powers = tf.constant([2**24, 2**16, 2**8, 1], "int64")
    return tf.reduce_sum(head[4:] * powers), tf.reduce_sum(head[:4] * powers)


def _jpeg_size(image_bytes):
    shape = tf.cast(tf.image.extract_jpeg_shape(image_bytes), "int64")
    return shape[0], shape[1]


def _opaque(image):
    return tf.concat(
        [image, tf.fill([*_sides(image), 1], tf.constant(255, "uint8"))], 2
    )


def _sides(image):
    shape = tf.shape(image)
    return shape[0], shape[1]


def lay_on_white(image):
    """Return a picture without opacity, `(height, width, 3)` float32 in [0, 255]."""
    image = tf.cast(image, "float32")
    share = image[..., 3:] / 255
    return tf.round(image[..., :3] * share + 255 * (1 - share))


def frame_centre(image, side):
    """Return the central square of a picture, scaled as `CentreCrop` does.

    Args:
        image: float32 `(height, width, channels)` in [0, 255].
        side: int.

    Returns:
        float32 `(side, side, channels)`, whole numbers in [0, 255].
    """
    height, width = _sides(image)
    square = tf.minimum(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    image = image[top : top + square, left : left + square]
    return _whole(_scale(image, (side, side), "bicubic"))


def to_square(image, missing, side):
    """Return a picture and its holes on a square; see `datasets.pasting.to_square`.

    Args:
        image: float32 `(height, width, 3)` in [0, 255].
        missing: bool `(height, width)`.
        side: int.

    Returns:
        Tuple of float32 `(side, side, 3)`, whole numbers in [0, 255], and bool
        `(side, side)`.
    """
    known = tf.cast(~missing, "float32")[..., None]
    top, left, down, across = _place(*_sides(image), side)
    share = _whole(_scale(255 * known, (down, across), "bilinear"))
    colours = _whole(_scale(image * known, (down, across), "bilinear"))
    colours = _whole(colours * 255 / tf.maximum(share, 1))
    rest = [[top, side - top - down], [left, side - left - across]]
    holes = tf.pad(share[..., 0] < 127.5, rest, constant_values=True)
    square = tf.where(holes[..., None], 0.0, tf.pad(colours, [*rest, [0, 0]]))
    return tf.ensure_shape(square, [side, side, 3]), tf.ensure_shape(
        holes, [side, side]
    )


def paste(square, image, missing):
    """Return a picture whose holes are filled; see `datasets.pasting.paste`.

    Args:
        square: float32 `(side, side, 3)` in [0, 255].
        image: uint8 `(height, width, 4)`.
        missing: bool `(height, width)`.

    Returns:
        uint8 `(height, width, 4)`, what was not missing as it was, to the bit.
    """
    height, width = _sides(image)
    top, left, down, across = _place(height, width, square.shape[0])
    part = square[top : top + down, left : left + across]
    filled = tf.cast(_whole(_scale(part, (height, width), "bicubic")), "uint8")
    return tf.where(missing[..., None], _opaque(filled), image)


def _place(height, width, side):
    """Return top, left, height and width of a picture on the square."""
    longer = tf.cast(tf.maximum(height, width), "float64")
    down, across = (
        tf.maximum(1, tf.cast(tf.round(tf.cast(x, "float64") * side / longer), "int32"))
        for x in (height, width)
    )
    return (side - down) // 2, (side - across) // 2, down, across


def _scale(image, size, method):
    return tf.image.resize(image, tf.stack(size), method, antialias=True)


def _whole(values):
    return tf.round(tf.clip_by_value(values, 0, 255))
