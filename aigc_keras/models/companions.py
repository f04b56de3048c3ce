"""What lies in one folder with a trained GAN, and is loaded when it is first needed."""

import functools
import pathlib

from aigc_keras.language import DialogueReader, GPT2LanguageModel, InstructionReader
from aigc_keras.models.captioner import ImageCaptioner
from aigc_keras.models.noise_encoder import NoiseEncoder
from aigc_keras.models.repairer import ImageRepairer

# A part's name is that of its folder, in a run and in a packaged model alike.
PARTS = {
    "prompt_writer": GPT2LanguageModel,
    "captioner": ImageCaptioner,
    "instruction_reader": InstructionReader,
    "repairer": ImageRepairer,
    "noise_encoder": NoiseEncoder,
    "dialogue_reader": DialogueReader,
}


class Companions:
    """The parts that were trained beside a GAN, each read from disk at its first use.

    Args:
        folder: Path of a run or of a packaged model; None: there are no parts.
    """

    def __init__(self, folder=None):
        self.folder = None if folder is None else pathlib.Path(folder)

    @functools.cached_property
    def prompt_writer(self):
        """The `GPT2LanguageModel` that writes captions, or None."""
        return self._open("prompt_writer")

    @functools.cached_property
    def captioner(self):
        """The `ImageCaptioner`, or None."""
        return self._open("captioner")

    @functools.cached_property
    def instruction_reader(self):
        """The `InstructionReader`, or None."""
        return self._open("instruction_reader")

    @functools.cached_property
    def repairer(self):
        """The `ImageRepairer`, or None."""
        return self._open("repairer")

    @functools.cached_property
    def noise_encoder(self):
        """The `NoiseEncoder` that was trained after the GAN, or None."""
        return self._open("noise_encoder")

    @functools.cached_property
    def dialogue_reader(self):
        """The `DialogueReader`, or None."""
        return self._open("dialogue_reader")

    def _open(self, name):
        if self.folder is None or not (self.folder / name).is_dir():
            return None
        return PARTS[name].from_preset(self.folder / name)
