"""A conversation about a picture: draw, look, answer, change, turn after turn."""

import dataclasses

import numpy as np

from aigc_keras.datasets.framing import get_framing
from aigc_keras.datasets.images import read_image
from aigc_keras.language import CaptionError, check_captions, language_of
from aigc_keras.models.drawing import draw_vectors
from aigc_keras.models.editing import embed_captions, find_noise
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.tasks.dialogue_lines import LINES
from aigc_keras.undo_history import UndoHistory

MORE = 4


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture that the dialogue is about.

    Args:
        caption: str, what it shows.
        image: uint8 array `(image_size, image_size, 3)`.
        noise: float32 array `(noise_dim,)`, with which it is drawn again, otherwise.
    """

    caption: str
    image: np.ndarray
    noise: np.ndarray


@dataclasses.dataclass(frozen=True)
class Answer:
    """What comes back after a sentence.

    Args:
        kind: str. `"draw"`, `"say"`, `"no"`, `"undo"`, `"redo"`, `"more"`, `"save"`,
            `"show"` (a picture was looked at), `"choose"` or `"seed"`.
        text: str. One line for a person.
        image: uint8 array `(image_size, image_size, 3)`, the picture that is there now,
            or None.
        images: List of such arrays, the variations of `"more"`.
    """

    kind: str
    text: str
    image: np.ndarray | None = None
    images: tuple = ()


class VisualDialogue:
    """Holds what a conversation about a picture has come to.

    A sentence goes to the `DialogueReader` with the caption of the picture that is
    there; a new caption is drawn with the picture's own noise, so that what was not
    spoken of stays. What is not understood leaves the picture as it is.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        reader: `DialogueReader`; default: the model's own.
        captioner: `ImageCaptioner` that looks at uploaded pictures; default: the
            model's own, or none.
        seed: int. Seeds the noise of the first picture.

    Raises:
        ValueError: If the model has no text encoder, or there is no reader.
    """

    def __init__(self, gan, reader=None, captioner=None, seed=0):
        self.gan = gan
        self.reader = reader or gan.companions.dialogue_reader
        self.captioner = captioner or gan.captioner or gan.companions.captioner
        if gan.text_encoder is None or self.reader is None:
            raise ValueError(
                "A dialogue needs a model with a text encoder and a dialogue reader; "
                "train one with `aigc-keras train --task dialogue`. Received: a model "
                "without"
            )
        self.seed = seed
        self.variations = ()
        # Pairs of who spoke ("user" or "model") and what was said.
        self.history = []
        self._language = "en"
        self._pictures = UndoHistory()

    @property
    def picture(self):
        """The `Picture` that is there, or None."""
        return self._pictures.current

    @property
    def caption(self):
        """What the picture shows; empty where there is none."""
        return self.picture.caption if self.picture else ""

    @property
    def image(self):
        """The picture, uint8 `(image_size, image_size, 3)`, or None."""
        return self.picture.image if self.picture else None

    def say(self, sentence):
        """Hear one sentence.

        Args:
            sentence: str, English or Chinese.

        Returns:
            An `Answer`.

        Raises:
            CaptionError: If the sentence is empty, too long or not text.
        """
        (sentence,) = check_captions([sentence])
        self._language = language_of(sentence)
        try:
            (action,) = self.reader.read([self.caption], [sentence])
        except CaptionError:
            raise
        except ValueError as error:
            # Together with the caption it is more than the reader can hold.
            raise CaptionError(
                f"A sentence must be short enough to be read. Received: {error}"
            ) from error
        self.history.append(("user", sentence))
        return self._act(action)

    def _act(self, action):
        if action.kind == "draw":
            return self._draw(action.text)
        if action.kind in ("say", "no"):
            text = action.text or self._line("not_understood")
            return self._answer(action.kind, text)
        return getattr(self, action.kind)()

    def _draw(self, caption):
        if caption == self.caption:
            return self._answer("draw", self._line("unchanged"))
        noise = self.picture.noise if self.picture else self._noise(self.seed)
        image = self._render(caption, noise[None])[0]
        self._pictures.push(Picture(caption, image, noise))
        return self._answer("draw", caption)

    def show(self, picture, framing="centre"):
        """Look at a person's own picture, which is then the one that is spoken of.

        With a noise encoder its noise is found, so that changes keep its look; without
        one a change is a new drawing of the new caption.

        Args:
            picture: Path, or bytes of an image file; see `read_image`.
            framing: str. How it is brought to a square, see `get_framing`.

        Returns:
            An `Answer` that says what is seen; where the captioner has no words for it
            the picture that was there stays.

        Raises:
            ImageError: If the picture cannot be read.
            ValueError: If the model has no captioner.
        """
        if self.captioner is None:
            raise ValueError(
                "Pictures are looked at by a captioner; train one with `aigc-keras "
                "train --task captioner`. Received: a model without"
            )
        frame = get_framing(framing, self.gan.generator.image_size)
        image = read_image(picture, framing=frame)
        caption = self.captioner.caption(image[None], language=self._language)[0]
        if not caption:
            return self._answer("no", self._line("not_seen"))
        noise = self._noise(self.seed)
        if self.gan.noise_finder is not None:
            vector = embed_captions(self.gan, [caption])
            noise = find_noise(self.gan, image[None], vector)[0]
        self._pictures.push(Picture(caption, image, noise))
        return self._answer("show", self._line("seen", caption))

    def undo(self):
        """Go back by one picture; returns an `Answer`."""
        return self._step("undo")

    def redo(self):
        """Go forward again by one picture; returns an `Answer`."""
        return self._step("redo")

    def _step(self, name):
        if not getattr(self._pictures, name)():
            return self._answer("no", self._line(f"nothing_to_{name}"))
        self.variations = ()
        if self.picture is None:
            return self._answer(name, self._line("empty"))
        return self._answer(name, self._line("undone", self.caption))

    def more(self, number=MORE):
        """Draw the same caption with other noise; `choose` takes one of them.

        Args:
            number: int. How many.

        Returns:
            An `Answer` with `images`; the picture stays until one is chosen.
        """
        if self.picture is None:
            return self._answer("no", self._line("no_picture"))
        noise = np.stack([self._noise(self.seed + i + 1) for i in range(number)])
        self.seed += number
        images = self._render(self.caption, noise)
        self.variations = tuple(
            Picture(self.caption, *pair) for pair in zip(images, noise, strict=True)
        )
        text = self._line("more", number)
        return dataclasses.replace(self._answer("more", text), images=tuple(images))

    def choose(self, number):
        """Go on with one of the last variations.

        Args:
            number: int from 1.

        Raises:
            ValueError: If there is no such variation.
        """
        if not 1 <= number <= len(self.variations):
            raise ValueError(
                "A variation is chosen by its number after some were drawn. Received: "
                f"{number}, of {len(self.variations)}"
            )
        self._pictures.push(self.variations[number - 1])
        return self._answer("choose", self._line("chosen", number))

    def save(self):
        """Answer the wish to keep the picture; who holds the dialogue writes it."""
        if self.picture is None:
            return self._answer("no", self._line("no_picture"))
        return self._answer("save", self._line("to_save"))

    def reseed(self, seed):
        """Draw the caption that is there, and later ones, with the noise of a seed."""
        self.seed = seed
        if self.picture is not None:
            noise = self._noise(seed)
            image = self._render(self.caption, noise[None])[0]
            self._pictures.push(Picture(self.caption, image, noise))
        return self._answer("seed", self._line("seed", seed))

    def _noise(self, seed):
        return noise_from_seed(seed, self.gan.generator.noise_dim, self.gan.truncation)

    def _render(self, caption, noise):
        # One row at a time: the same noise gives the same pixels, however many.
        vector = embed_captions(self.gan, [caption])
        rows = [draw_vectors(self.gan, vector, row[None], 1) for row in noise]
        return np.concatenate(rows)

    def _line(self, name, *texts):
        return LINES[self._language][name].format(*texts)

    def _answer(self, kind, text):
        self.history.append(("model", text))
        return Answer(kind, text, self.image)
