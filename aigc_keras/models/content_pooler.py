"""Takes the wording out of a text encoder's sentence vectors."""

import keras
import numpy as np

from aigc_keras.datasets.partial_captions import part_of_caption
from aigc_keras.language.content import content_projection

# Pictures whose captions tell content from wording.
CONTENT_IMAGES = 10_000
# So many captions of a picture, a part of one.
WHOLE_FOR_A_PART = 3


def keep_content(text_encoder, dataset, seed):
    """Take the wording out of the sentence vectors, in place; see `content_projection`.

    Some thousand pictures and their captions tell the map, which becomes the pooler's
    last layer. Parts of captions are wordings too: else what only a whole caption
    tells, such as the last thing's place after all others, is made as large as the
    rest, and the vectors of short prompts, at which no caption of `shapes` stops, grow
    to three times the length that the generator knows. Where each picture has one
    caption only, nothing is done.

    Args:
        text_encoder: `GPT2TextEncoder` whose pooler has learned.
        dataset: `CaptionedDataset`.
        seed: int. Chooses the pictures.
    """
    captions, owners = wordings(dataset, seed)
    vectors = text_encoder.embed(*text_encoder.tokenize(captions))
    projection = content_projection(vectors, owners)
    if projection is None:
        return
    layer = keras.layers.Dense(vectors.shape[1], dtype="float32", name="content")
    pooler = text_encoder.pooler
    output = layer(pooler.output)
    layer.set_weights(projection)
    text_encoder.pooler = keras.Model(pooler.input, output, name="content_pooler")


def wordings(dataset, seed):
    """Return what is said of some thousand pictures, as a whole and in part.

    Args:
        dataset: `CaptionedDataset`.
        seed: int. Chooses the pictures and the parts.

    Returns:
        Tuple of equally long lists: captions, all of a picture and a part of every
        third one, where there are several; and the picture of each, int.
    """
    rng = np.random.default_rng(seed)
    captions, owners = [], []
    for row in rng.permutation(dataset.num_images)[:CONTENT_IMAGES]:
        said = list(dataset.captions[row])
        if len(said) > 1:
            parts = [part_of_caption(text, rng) for text in said[::WHOLE_FOR_A_PART]]
            said += [part for part in parts if part is not None]
        captions += said
        owners += [row] * len(said)
    return captions, owners
