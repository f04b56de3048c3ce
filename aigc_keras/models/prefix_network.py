"""An image and a language as a few "tokens" in front of a caption."""

import keras
import keras_nlp


def prefix_network(image_size, hidden_dim, base_channels, map_side, num_languages):
    """Build the network that puts an image in front of a caption.

    Args:
        image_size: int. Side in pixels, a power of two.
        hidden_dim: int. Width of the language model.
        base_channels: int. Channels after the first convolution; each halving doubles
            them up to eight times that.
        map_side: int. Side of the map that comes out, a power of two, less than
            `image_size`.
        num_languages: int.

    Returns:
        Functional model from `image` `(batch, image_size, image_size, 3)` in [-1, 1]
        and `language` `(batch,)` int32 to `(batch, map_side ** 2 + 1, hidden_dim)`
        float32: the language first, then the places row by row.

    Raises:
        ValueError: If a side is no power of two, or the map is not smaller.
    """
    sides = (image_size, map_side)
    if any(side < 1 or side & (side - 1) for side in sides) or map_side >= image_size:
        raise ValueError(
            "`image_size` and `map_side` must be powers of two, the map smaller. "
            f"Received: image_size={image_size}, map_side={map_side}"
        )
    image = keras.Input((image_size, image_size, 3), name="image")
    language = keras.Input((), dtype="int32", name="language")
    x = image
    halvings = (image_size // map_side).bit_length() - 1
    for index in range(halvings):
        x = keras.layers.Conv2D(
            base_channels * min(8, 2**index),
            4,
            2,
            padding="same",
            kernel_initializer="he_normal",
            name=f"halve_{index}",
        )(x)
        x = keras.layers.LeakyReLU(0.2, name=f"halve_{index}_activation")(x)
    x = keras.layers.Reshape((map_side**2, x.shape[-1]), name="places")(x)
    x = keras.layers.Dense(hidden_dim, dtype="float32", name="to_tokens")(x)
    # Where a place lies: to GPT-2 they all look alike.
    positions = keras_nlp.layers.PositionEmbedding(
        map_side**2, dtype="float32", name="positions"
    )(x)
    x = keras.layers.Add(dtype="float32", name="placed")([x, positions])
    said = keras.layers.Embedding(
        num_languages, hidden_dim, dtype="float32", name="language_token"
    )(language)
    said = keras.layers.Reshape((1, hidden_dim), dtype="float32", name="one_token")(
        said
    )
    prefix = keras.layers.Concatenate(axis=1, dtype="float32", name="prefix")([said, x])
    return keras.Model({"image": image, "language": language}, prefix, name="prefix")
