"""Fills the holes of a picture file."""

import dataclasses

import numpy as np

from aigc_keras.datasets.holes import draw_holes, read_mask
from aigc_keras.datasets.images import read_image
from aigc_keras.datasets.pasting import OPAQUE, to_square
from aigc_keras.language.text_encoder import check_captions, is_caption
from aigc_keras.models.repairing import find_repairer, on_white, repair_images

# How a hole is shown.
HOLE_GREY = 128


@dataclasses.dataclass(frozen=True)
class Mended:
    """A picture before and after.

    Args:
        picture: uint8 array `(height, width, 3)`, or with a fourth channel, opacity.
        before: The same as it came, holes in grey.
        caption: str that was painted by, or None.
        found: bool. Whether the captioner wrote it.
    """

    picture: np.ndarray
    before: np.ndarray
    caption: str | None
    found: bool

    def side_by_side(self):
        """Return both in one picture, before on the left."""
        return np.concatenate([self.before, self.picture], axis=1)


def inpaint_file(
    gan,
    path,
    holes=(),
    mask=None,
    caption=None,
    captioner=None,
    language="en",
    seed=0,
):
    """Fill the holes of a picture file.

    A rotated picture is turned upright first, and holes lie where they are seen then.
    Transparency is kept outside the holes; what is filled is opaque.

    Args:
        gan: `TextToImageGAN` with a repairer.
        path: Path of the picture, of any size.
        holes: Sequence of `Box` and `Stroke`.
        mask: Path of a mask as large as the picture, white where it is missing, or
            None. Its holes count beside `holes`.
        caption: str, or None: then the captioner is asked.
        captioner: `ImageCaptioner`, or None.
        language: str. Of the captioner, see `ImageCaptioner.caption`.
        seed: int. See `TextToImageGAN.inpaint`.

    Returns:
        `Mended`.

    Raises:
        ImageError: If a file cannot be read.
        DatasetError: If the mask is not as large as the picture.
        ValueError: If no hole lies in the picture; see also `TextToImageGAN.inpaint`.
    """
    if caption is not None:
        (caption,) = check_captions(caption)
    side = find_repairer(gan).image_size
    picture = read_image(path, background=None)
    missing = find_holes(picture, holes, mask)
    found = caption is None and captioner is not None
    if found:
        square, gaps = to_square(on_white(picture), missing, side)
        (caption,) = describe_damaged(
            gan, captioner, square[None], gaps[None], language, seed
        )
    before = picture.copy()
    before[missing, :3], before[missing, 3:] = HOLE_GREY, OPAQUE
    filled = gan.inpaint(picture, missing, caption, seed)
    return Mended(filled, before, caption, found and caption is not None)


def find_holes(picture, holes, mask):
    """Return where a picture is missing, bool `(height, width)`.

    Args:
        picture: uint8 array `(height, width, channels)`.
        holes: Sequence of `Box` and `Stroke`.
        mask: Path of a mask, or None.

    Raises:
        ValueError: If no hole lies in the picture, or the mask cannot be used.
    """
    height, width = picture.shape[:2]
    missing = draw_holes(width, height, holes)
    if mask is not None:
        missing = missing | read_mask(mask, width, height)
    if not missing.any():
        raise ValueError(
            "Holes must lie in the picture: boxes, strokes, or the white of a mask. "
            f"Received: none within its {width} x {height} pixels"
        )
    return missing


def describe_damaged(gan, captioner, images, masks, language="en", seed=0):
    """Describe damaged pictures: they are repaired without a caption first.

    Args:
        gan: `TextToImageGAN` with a repairer.
        captioner: `ImageCaptioner` of the repairer's image size.
        images: uint8 array `(n, side, side, 3)`.
        masks: bool array `(n, side, side)`, True where a pixel is missing. Where none
            is, the whole picture is taken as repaired.
        language: str. See `ImageCaptioner.caption`.
        seed: int. See `models.repairing.repair_images`.

    Returns:
        List of n str; None where the captioner wrote nothing that can be read.
    """
    guessed = repair_images(gan, images, masks, None, seed)
    kept = masks.any(axis=(1, 2), keepdims=True) & ~masks
    guessed = np.where(kept[..., None], images, guessed)
    captions = captioner.caption(guessed, language)
    return [caption if is_caption(caption) else None for caption in captions]
