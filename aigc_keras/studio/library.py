"""The models that the page works with: shipped ones, runs, and a served one."""

import functools
import pathlib
import threading

import numpy as np

from aigc_keras.datasets.framing import get_framing
from aigc_keras.datasets.images import read_image
from aigc_keras.language import check_captions
from aigc_keras.models import packaged
from aigc_keras.models.companions import PARTS
from aigc_keras.serving.client import Client
from aigc_keras.tasks import VisualDialogue, edit_picture, inpaint_file
from aigc_keras.training import open_model
from aigc_keras.training.run_folder import TASKS


class UnableError(ValueError):
    """A model lacks the part that a wish needs."""


class Library:
    """Opens models by name, each once, and lets one wish at a time through.

    Args:
        presets: Sequence of str, shipped models or folders of saved ones; None: all
            that are shipped.
        runs: Sequence of paths of runs' folders.
        server: str, the address of a server, or None; see `serving.Client`.
        server_model: str. The name of its model.
    """

    def __init__(self, presets=None, runs=(), server=None, server_model="shapes_64"):
        names = packaged.shipped_models()[::-1] if presets is None else presets
        self._openers = {
            **{str(run): functools.partial(_open_run, run) for run in runs},
            **{name: functools.partial(_open_preset, name) for name in names},
        }
        if server is not None:
            served = functools.partial(ServedModel, server, server_model)
            self._openers = {f"{server_model} @ {server}": served, **self._openers}
        self._models = {}
        # TensorFlow would share two cores between two wishes and end neither sooner.
        self.lock = threading.RLock()

    @property
    def names(self):
        """Names of all models, those that were asked for first."""
        return list(self._openers)

    def names_with(self, part):
        """Names of the models that have a part of `companions.PARTS`, read off disk."""
        return [name for name in self.names if part in _parts_on_disk(name)]

    def open(self, name):
        """Return a model, read from disk at its first use.

        Raises:
            ValueError: If there is none of that name.
        """
        if name not in self._openers:
            raise ValueError(
                f"A model must be one of {', '.join(self.names)}. Received: {name!r}"
            )
        with self.lock:
            if name not in self._models:
                self._models[name] = self._openers[name]()
            return self._models[name]

    def warm_up(self):
        """Open what the page shows first and use it once: later answers come soon."""
        self.open(self.names[0]).draw(["a red circle"], [0])
        for name in self.names_with("dialogue_reader")[:1]:
            self.open(name).converse().say("a red circle")


class LocalModel:
    """A model of this process, as the page asks it.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        name: str, for what is said when a part is missing.
    """

    def __init__(self, gan, name="model"):
        self.gan = gan
        self.name = name

    def draw(self, captions, seeds):
        """Draw captions.

        Args:
            captions: Sequence of n str.
            seeds: Sequence of n int.

        Returns:
            uint8 array `(n, side, side, 3)`.
        """
        # One at a time: a picture does not depend on those drawn beside it.
        rows = [
            self.gan.generate([caption], seed=seed)
            for caption, seed in zip(check_captions(captions), seeds, strict=True)
        ]
        return np.concatenate(rows)

    def imagine(self, number, seed):
        """Return captions that GPT-2 wrote, a list of str."""
        return self._part("prompt_writer").generate("", number, seed)

    def change(self, picture, sentence, seed=None):
        """Change a picture by a sentence.

        Args:
            picture: Bytes of an image file.
            sentence: str.
            seed: int, or None for the likeliest picture.

        Returns:
            Tuple of two uint8 arrays `(side, side, 3)`, before and after, and a str,
            what the picture was to show.
        """
        if self.gan.noise_finder is None:
            raise self._unable("noise encoder", TASKS["noise_encoder"])
        edited = edit_picture(self.gan, picture, sentence, seed=seed)
        return edited.before, edited.after, edited.new_caption

    def fill(self, picture, mask, caption=None, seed=0, language="en"):
        """Fill the holes of a picture.

        Args:
            picture: Bytes of an image file.
            mask: Bytes of an image file as large, white where a pixel is missing.
            caption: str, what the whole picture shows; None: the captioner says it.
            seed: int.
            language: str. Of the captioner.

        Returns:
            Tuple of two uint8 arrays `(height, width, 3 or 4)`, before and after.
        """
        if self.gan.repairer is None:
            raise self._unable("repairer", TASKS["repairer"])
        captioner = None if caption else self._part("captioner")
        settings = (caption or None, captioner, language, seed)
        mended = inpaint_file(self.gan, picture, (), mask, *settings)
        return mended.before, mended.picture

    def describe(self, picture, language="en"):
        """Return what the captioner says of the bytes of an image file."""
        captioner = self._part("captioner")
        frame = get_framing("centre", captioner.image_size)
        image = read_image(picture, framing=frame)
        return captioner.caption(image[None], language)[0]

    def recognize(self, picture, labels=None):
        """Say what a picture shows.

        Args:
            picture: Bytes of an image file.
            labels: Sequence of captions to choose from; None: the model's classes.

        Returns:
            Tuple `(probabilities, realness)`: a dict from label to float, and a float.
        """
        frame = get_framing("centre", self.gan.generator.image_size)
        image = read_image(picture, framing=frame)
        found = self.gan.recognize(image[None], labels or None)
        numbers = map(float, found["probabilities"][0])
        named = dict(zip(found["class_names"], numbers, strict=True))
        return named, float(found["realness"][0])

    def converse(self, seed=0):
        """Return a new `VisualDialogue`."""
        self._part("dialogue_reader")
        return VisualDialogue(self.gan, seed=seed)

    def _part(self, name):
        part = getattr(self.gan.companions, name)
        if part is None:
            raise self._unable(name.replace("_", " "), TASKS[name])
        return part

    def _unable(self, part, task):
        return UnableError(
            f"This needs a model with a {part} (`aigc-keras train --task {task}`). "
            f"Received: {self.name}"
        )


class ServedModel:
    """A model behind an address, with the methods of `LocalModel` that can be served.

    Args:
        address: str. See `serving.Client`.
        model: str. Its name there.
    """

    def __init__(self, address, model):
        self.name = f"{model} @ {address}"
        self.client = Client(address, model)
        self._served = self.client.metadata()

    def draw(self, captions, seeds):
        """See `LocalModel.draw`."""
        pairs = zip(check_captions(captions), seeds, strict=True)
        return np.concatenate([self.client.generate(c, seed=s) for c, s in pairs])

    def imagine(self, number, seed):
        """Served models do not write prompts."""
        raise self._unable("imagine")

    def change(self, picture, sentence, seed=None):
        """See `LocalModel.change`."""
        self._check("edit")
        seed = -1 if seed is None else seed
        after, captions = self.client.edit(picture, sentence, seed)
        frame = get_framing("centre", after.shape[1])
        return read_image(picture, framing=frame), after[0], captions[0]

    def fill(self, picture, mask, caption=None, seed=0, language="en"):
        """See `LocalModel.fill`; the captioner speaks the server's language."""
        self._check("inpaint")
        after = self.client.inpaint(picture, mask, caption or "", seed)
        return read_image(picture), after

    def describe(self, picture, language="en"):
        """See `LocalModel.describe`."""
        self._check("caption")
        return self.client.caption(picture, language)[0]

    def recognize(self, picture, labels=None):
        """See `LocalModel.recognize`; labels of one's own are not served."""
        self._check("recognize")
        if labels:
            raise self._unable("choose among labels")
        (found,) = self.client.recognize(picture)
        numbers = map(float, found["probabilities"])
        return dict(zip(found["labels"], numbers, strict=True)), found["realness"]

    def converse(self, seed=0):
        """Served models do not converse."""
        raise self._unable("converse")

    def _check(self, signature):
        if signature not in self._served:
            raise self._unable(signature)

    def _unable(self, wish):
        return UnableError(
            f"A served model must have the signature for it. Received: {self.name}, "
            f"which cannot {wish}"
        )


def _parts_on_disk(name):
    folder = pathlib.Path(name)
    if not folder.is_dir():
        folder = packaged.SHIPPED_FOLDER / name
    return {part for part in PARTS if (folder / part).is_dir()}


def _open_run(run):
    return LocalModel(open_model(run), str(run))


def _open_preset(name):
    return LocalModel(open_model(None, name), name)
