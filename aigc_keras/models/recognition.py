"""From pixels to what they show, and to whether a generator drew them."""

import numpy as np
from scipy.special import expit, softmax

from aigc_keras.datasets.pipeline import to_model_range
from aigc_keras.language.text_encoder import check_captions
from aigc_keras.losses import cosine_similarity
from aigc_keras.models.image_text_model import READING_TEMPERATURE
from aigc_keras.models.prediction import predict_in_batches


def recognize_images(gan, images, labels, batch_size):
    """Say what images show; see `TextToImageGAN.recognize`."""
    images = _check_images(gan, images)
    seen = _predict(gan.discriminator.trunk, images, batch_size)
    if labels is not None:
        names = _check_labels(gan, labels)
        probabilities = _by_captions(gan, images, names, batch_size)
    elif gan.class_names is None:
        raise ValueError(
            "`recognize` needs a model that has learned classes, or `labels` to choose "
            "among, such as ['a red circle', 'a blue star'] (--labels). "
            "Received: a model without classes, labels=None"
        )
    else:
        names = list(gan.class_names)
        probabilities = softmax(seen["class_logits"], axis=1)
    return {
        "labels": [names[place] for place in probabilities.argmax(axis=1)],
        "class_names": names,
        "probabilities": probabilities.astype("float32"),
        "realness": _realness(gan, seen),
    }


def image_realness(gan, images, batch_size=256):
    """Return how real images look to a GAN's discriminator.

    The probability it gives an image with the caption, of those in the caption bank,
    that suits it best; without a bank that of the image alone. The realness head by
    itself says little: discriminator and text share the logit as they like, and on
    an earlier `shapes_64` it stood at -11 for real pictures and drawings alike.

    It orders pictures by how much they look like the data set rather than like this
    generator's drawings. It is no proof of where a picture comes from: other
    generators' drawings and edited pictures were never shown to the discriminator,
    pictures of other things are as strange to it as drawings are, and the better the
    generator, the less there is to find: 0.5 for all would be a perfect one.

    Args:
        gan: `TextToImageGAN`.
        images: uint8 array `(n, side, side, 3)` of the model's side.
        batch_size: int. Images at a time.

    Returns:
        float32 array `(n,)` in [0, 1].
    """
    images = _check_images(gan, images)
    return _realness(gan, _predict(gan.discriminator.trunk, images, batch_size))


def _realness(gan, seen):
    logits = seen["realness"][:, 0]
    if gan.caption_bank is not None:
        said = np.asarray(gan.discriminator.text_projection(gan.caption_bank))
        product = seen["image_vector"] @ said.T / said.shape[1] ** 0.5
        logits = logits + product.max(axis=1)
    return expit(logits).astype("float32")


def _by_captions(gan, images, labels, batch_size):
    """Return the probabilities `(n, labels)` of captions, by the frozen judge."""
    said = gan.judge_text_encoder.encode(labels)["text_embedding"]
    said = said / np.linalg.norm(said, axis=1, keepdims=True)
    # What all of them say, and how they say it, tells none from the others: without
    # it the judge of an earlier `shapes_64` picked the right one of 48 in 952 of 1,000
    # pictures, with it taken out in 992.
    said = said - said.mean(axis=0)
    shown = _predict(gan.judge, images, batch_size)["image_vector"]
    similarity = np.asarray(cosine_similarity(shown, said))
    return softmax(similarity / READING_TEMPERATURE, axis=1)


def _predict(network, images, batch_size):
    """Return a network's outputs by name, for uint8 images."""
    return predict_in_batches(
        network, images, batch_size, lambda part: to_model_range(part).numpy()
    )


def _check_images(gan, images):
    images, side = np.asarray(images), gan.generator.image_size
    if images.dtype != np.uint8 or images.shape[1:] != (side, side, 3):
        raise ValueError(
            f"`images` must be a uint8 array of shape (n, {side}, {side}, 3). "
            f"Received: {images.dtype} {images.shape}"
        )
    if not len(images):
        raise ValueError("`images` must hold at least one. Received: none")
    return images


def _check_labels(gan, labels):
    if gan.judge is None or gan.judge_text_encoder is None:
        raise ValueError(
            "`labels` need a model with a judge and a text encoder; leave them out. "
            "Received: a model without"
        )
    labels = check_captions(labels)
    if len(set(labels)) < max(2, len(labels)):
        raise ValueError(
            "`labels` must be two or more, all different, such as ['a cat', 'a dog']. "
            f"Received: {labels}"
        )
    return labels
