"""Takes noise and blur off a picture file."""

import numpy as np

from aigc_keras.datasets.images import read_image
from aigc_keras.datasets.pasting import to_square
from aigc_keras.language.text_encoder import check_captions
from aigc_keras.models.repairing import find_repairer
from aigc_keras.tasks.inpaint import Mended, describe_damaged


def repair_file(
    gan, path, caption=None, captioner=None, language="en", seed=0, on_tile=None
):
    """Take noise and blur off a picture file.

    A rotated picture is turned upright first, and a transparent one laid on white.

    Args:
        gan: `TextToImageGAN` with a repairer.
        path: Path of the picture, of any size.
        caption: str, for a picture that is not larger than the model draws, or None:
            then the captioner is asked.
        captioner: `ImageCaptioner`, or None. Not asked of a larger picture.
        language: str. Of the captioner, see `ImageCaptioner.caption`.
        seed: int. See `TextToImageGAN.repair`.
        on_tile: Function `(done, total)`, see there.

    Returns:
        `Mended`.

    Raises:
        ImageError: If the file cannot be read.
        ValueError: See `TextToImageGAN.repair`.
    """
    if caption is not None:
        (caption,) = check_captions(caption)
    picture = read_image(path)
    side = find_repairer(gan).image_size
    small = max(picture.shape[:2]) <= side
    found = caption is None and captioner is not None and small
    if found:
        nowhere = np.zeros(picture.shape[:2], bool)
        square, bars = to_square(picture, nowhere, side)
        (caption,) = describe_damaged(
            gan, captioner, square[None], bars[None], language, seed
        )
    repaired = gan.repair(picture, caption, seed, on_tile)
    return Mended(repaired, picture, caption, found and caption is not None)
