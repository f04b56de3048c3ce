"""From a damaged picture to a whole one."""

import numpy as np
from PIL import Image

from aigc_keras.datasets.images import lay_on
from aigc_keras.datasets.pasting import paste, to_square
from aigc_keras.datasets.pipeline import to_model_range, to_pixels
from aigc_keras.language.text_encoder import check_captions
from aigc_keras.models.randomness import noise_from_seed


def repair_images(gan, images, masks, captions=None, seed=0, batch_size=64):
    """Repair pictures of the model's own size, in batches.

    Args:
        gan: `TextToImageGAN` with a repairer.
        images: uint8 array `(n, side, side, 3)`.
        masks: bool array `(n, side, side)`, True where a pixel is missing.
        captions: List of n str, or of None where nothing is said; None: nowhere.
        seed: int. Picture `i` has the noise of seed `seed + i`.
        batch_size: int.

    Returns:
        uint8 array `(n, side, side, 3)`, all of it as the repairer made it.

    Raises:
        ValueError: If the model has no repairer.
    """
    repairer = _repairer(gan)
    text = np.zeros((len(images), repairer.text_dim), "float32")
    said = [row for row, caption in enumerate(captions or []) if caption is not None]
    if said:
        encoder = gan.judge_text_encoder
        texts = check_captions(captions[row] for row in said)
        text[said] = encoder.embed(*encoder.tokenize(texts))
    noise = [noise_from_seed(seed + i, repairer.noise_dim) for i in range(len(images))]
    inputs = {
        "image": to_model_range(images).numpy(),
        "mask": np.asarray(masks, "float32")[..., None],
        "text_embedding": text,
        "noise": np.stack(noise),
    }
    return to_pixels(repairer.predict(inputs, batch_size, verbose=0)).numpy()


def inpaint_picture(gan, image, mask, caption, seed):
    """Fill the holes of one picture; see `PictureRequests.inpaint`."""
    image, mask = check_picture(image), np.asarray(mask)
    if mask.shape != image.shape[:2] or mask.dtype != bool:
        raise ValueError(
            "`mask` must be a bool array of the picture's height and width. "
            f"Received: {mask.dtype} {mask.shape} for a picture {image.shape}"
        )
    if not mask.any():
        raise ValueError("`mask` must hide something. Received: a mask without holes")
    square, holes = to_square(on_white(image), mask, _repairer(gan).image_size)
    repaired = repair_images(gan, square[None], holes[None], [caption], seed)
    # What was not missing on the square need not have come back exactly.
    filled = np.where(holes[..., None], repaired[0], square)
    return paste(filled, image, mask)


def check_picture(image):
    """Return a picture as an array, or say what is wrong with it.

    Raises:
        ValueError: If it is no uint8 array `(height, width, 3)`, or 4 with opacity.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4):
        raise ValueError(
            "`image` must be a uint8 array of shape (height, width, 3), or 4 with "
            f"opacity. Received: {image.dtype} {image.shape}"
        )
    return image


def on_white(image):
    """Return a picture without its opacity, laid on white as `read_image` does."""
    if image.shape[2] == 3:
        return image
    return np.asarray(lay_on(Image.fromarray(image), (255, 255, 255)))


def _repairer(gan):
    if gan.repairer is None:
        raise ValueError(
            "The model must have a repairer; train one with `aigc-keras train --task "
            "repairer --run RUN`. Received: repairer=None"
        )
    return gan.repairer
