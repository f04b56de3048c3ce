"""From a damaged picture to a whole one."""

import itertools

import numpy as np
from PIL import Image

from aigc_keras.datasets.images import lay_on
from aigc_keras.datasets.pasting import paste, to_square
from aigc_keras.datasets.pipeline import to_model_range, to_pixels
from aigc_keras.datasets.tiles import Tiles
from aigc_keras.language.text_encoder import check_captions
from aigc_keras.models.prediction import predict_in_batches
from aigc_keras.models.randomness import noise_from_seed

# A picture is repaired as it lies, and moved by one pixel in every direction; the mean
# is free of the pattern of patches (Coifman and Donoho, 1995, "cycle spinning").
SHIFTS = tuple(itertools.product((0, 1, -1), repeat=2))
# Tiles in memory at a time.
MOST_TILES = 256


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
    repairer = find_repairer(gan)
    text = np.zeros((len(images), repairer.text_dim), "float32")
    said = [row for row, caption in enumerate(captions or []) if caption is not None]
    if said:
        encoder = gan.judge_text_encoder
        texts = check_captions(captions[row] for row in said)
        text[said] = encoder.embed(*encoder.tokenize(texts))
    noise = [noise_from_seed(seed + i, repairer.noise_dim) for i in range(len(images))]
    images, masks = to_model_range(images).numpy(), np.asarray(masks, "float32")
    side = repairer.image_size
    total = np.zeros(images.shape, "float32")
    share = np.zeros((side, side, 1), "float32")
    for down, right in SHIFTS:
        inputs = {
            "image": _moved(images, down, right),
            "mask": _moved(masks[..., None], down, right),
            "text_embedding": text,
            "noise": np.stack(noise),
        }
        repaired = predict_in_batches(repairer, inputs, batch_size)
        (here, there), (left, moved) = _overlap(side, down), _overlap(side, right)
        total[:, here, left] += repaired[:, there, moved]
        share[here, left] += 1
    return to_pixels(total / share).numpy()


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
    square, holes = to_square(on_white(image), mask, find_repairer(gan).image_size)
    repaired = repair_images(gan, square[None], holes[None], [caption], seed)
    # What was not missing on the square need not have come back exactly.
    filled = np.where(holes[..., None], repaired[0], square)
    return paste(filled, image, mask)


def repair_picture(gan, image, caption, seed, on_tile):
    """Take noise and blur off one picture; see `PictureRequests.repair`."""
    image, side = on_white(check_picture(image)), find_repairer(gan).image_size
    height, width = image.shape[:2]
    if max(height, width) > side:
        if caption is not None:
            raise ValueError(
                f"`caption` is for pictures of at most {side} pixels a side: larger "
                "ones are repaired part by part, and it speaks of the whole. "
                f"Received: {caption!r} for {width} x {height} pixels"
            )
        return _repair_tiles(gan.repairer, image, seed, on_tile)
    nowhere = np.zeros((height, width), bool)
    square, bars = to_square(image, nowhere, side)
    repaired = repair_images(gan, square[None], bars[None], [caption], seed)
    return paste(repaired[0], image, ~nowhere)


def _repair_tiles(repairer, image, seed, on_tile):
    """Repair a large picture in squares of its own resolution, without a caption."""
    tiles = Tiles(image, repairer.image_size)
    noise = np.asarray(noise_from_seed(seed, repairer.noise_dim))[None]
    for start in range(0, len(tiles.places), MOST_TILES):
        places = tiles.places[start : start + MOST_TILES]
        squares, number = tiles.cut(places), len(places)
        inputs = {
            "image": to_model_range(squares).numpy(),
            "mask": np.zeros((*squares.shape[:3], 1), "float32"),
            "text_embedding": np.zeros((number, repairer.text_dim), "float32"),
            "noise": noise.repeat(number, axis=0),
        }
        tiles.add(predict_in_batches(repairer, inputs, 64), places)
        if on_tile:
            on_tile(start + number, len(tiles.places))
    return to_pixels(tiles.join()).numpy()


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


def find_repairer(gan):
    """Return a model's repairer.

    Raises:
        ValueError: If it has none.
    """
    if gan.repairer is None:
        raise ValueError(
            "The model must have a repairer; train one with `aigc-keras train --task "
            "repairer --run RUN`. Received: repairer=None"
        )
    return gan.repairer


def _moved(images, down, right):
    """Return images moved by at most a pixel, what comes in repeating the border."""
    side = images.shape[1]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), "edge")
    rows, columns = slice(1 - down, 1 - down + side), slice(1 - right, 1 - right + side)
    return padded[:, rows, columns]


def _overlap(side, step):
    """Return where a moved image lies on the plane, and which part of it that is."""
    here = slice(max(0, -step), side - max(0, step))
    return here, slice(here.start + step, here.stop + step)
