"""Changes a person's picture by a sentence."""

import dataclasses

import numpy as np

from aigc_keras.datasets.framing import get_framing
from aigc_keras.datasets.images import read_image
from aigc_keras.models.editing import draw_edit, plan_edit


class EditError(ValueError):
    """A sentence by which a picture cannot be changed, in one line that says why."""


@dataclasses.dataclass(frozen=True)
class Edit:
    """A changed picture.

    Args:
        before: uint8 array `(image_size, image_size, 3)`, the picture as the model sees
            it.
        after: The same shape, as it was asked for.
        caption: str, what the picture shows.
        new_caption: str, what it was to show.
    """

    before: np.ndarray
    after: np.ndarray
    caption: str
    new_caption: str


def edit_picture(
    gan,
    picture,
    sentence,
    caption=None,
    strength=1.0,
    seed=None,
    refine_steps=0,
    framing="centre",
    on_step=None,
):
    """Change one picture of any size by a sentence.

    Args:
        gan: `TextToImageGAN` with a noise encoder; see `TextToImageGAN.edit` for what
            lies beside it.
        picture: Path, or bytes of an image file; see `read_image`.
        sentence: str. What is to be done, or what the picture is to show.
        caption: str, what the picture shows, or None: the model's captioner says it.
        strength: float from 0 to 2.
        seed: int or None.
        refine_steps: int. The last three: see `TextToImageGAN.edit`.
        framing: str. How the picture is brought to a square, see `get_framing`.
        on_step: Function `(done, total)` called after each step of refinement.

    Returns:
        An `Edit`.

    Raises:
        EditError: If nothing of the sentence was understood, or the picture shows it
            already.
        ImageError: If the picture cannot be read.
        ValueError: If an argument is not as above, or the model lacks a part.
    """
    frame = get_framing(framing, gan.generator.image_size)
    images = read_image(picture, framing=frame)[None]
    captions = None if caption is None else [caption]
    sources, targets = plan_edit(gan, images, [sentence], captions)
    if sources == targets:
        raise EditError(
            "The sentence must ask for something that the picture does not show yet, "
            f"such as 'make it blue'. Received: {sentence!r}, understood as nothing "
            f"new for {sources[0]!r}"
        )
    settings = (strength, seed, refine_steps, on_step)
    after = draw_edit(gan, images, sources, targets, *settings)[0]
    return Edit(images[0], after, sources[0], targets[0])
