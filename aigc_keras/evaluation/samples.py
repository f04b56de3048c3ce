"""What is compared: a generator's samples, or a folder of pictures, and real ones."""

import dataclasses
import functools
import hashlib
import pathlib

import numpy as np

from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.captioned_folder.reading import IMAGE_SUFFIXES
from aigc_keras.datasets.framing import get_framing
from aigc_keras.datasets.images import read_image
from aigc_keras.datasets.loading import SOURCE_ARGUMENTS
from aigc_keras.datasets.registry import open_source
from aigc_keras.datasets.sources import Options
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.evaluation.evaluation_encoder import open_evaluation_encoder
from aigc_keras.evaluation.features import contrastive_extractor, inception_extractor
from aigc_keras.evaluation.held_out_language import open_held_out_language_model

CHUNK = 500


@dataclasses.dataclass(frozen=True)
class Protocol:
    """What is compared with what.

    Args:
        split: str. Split of the real pictures; the captions are those of its second
            half, the real pictures compared with are its first.
        num_samples: int. Samples, and real pictures in either half.
        seed: int. Sample `i` has the noise of seed `seed + i`.
        prepared_dir: Path where data sets and evaluation encoders are kept.
        extractor: `FeatureExtractor`, or None for the evaluation encoder's.
    """

    split: str
    num_samples: int
    seed: int
    prepared_dir: str
    extractor: object = None


class Samples:
    """Samples of a GAN beside real pictures; each thing is made when first asked for.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        config: Dict of the run's settings, see `TrainingConfig`; the data set in it is
            the one that is compared with.
        protocol: `Protocol`.
        on_stage: Function `(description, done, total)`, for progress.
    """

    def __init__(self, gan, config, protocol, on_stage=lambda *_: None):
        self.gan, self.config, self.protocol = gan, config, protocol
        self.on_stage = on_stage
        half = self.real.num_images // 2
        self.number = min(protocol.num_samples, half)
        if self.number < 8:
            raise ValueError(
                "A split must hold at least 16 pictures, of which half are compared, "
                f"and there must be at least 8 samples. Received: {2 * half} pictures "
                f"in {protocol.split!r}, num_samples={protocol.num_samples}"
            )
        self.rows = np.arange(self.number)
        self.other_rows = half + self.rows

    @property
    def side(self):
        """Side of the samples in pixels."""
        return self.gan.generator.image_size

    @functools.cached_property
    def real(self):
        """The split of real pictures, a `CaptionedDataset`."""
        return self._load(self.protocol.split)

    @functools.cached_property
    def train(self):
        """The split the GAN was trained on, a `CaptionedDataset`."""
        return self._load(self.config["split"])

    @functools.cached_property
    def captions(self):
        """The captions that are drawn: of each picture one, of alternating places."""
        texts = [self.real.captions[row] for row in self.other_rows]
        # Templates write the languages one after the other: every language comes.
        return [text[i % len(text)] for i, text in enumerate(texts)]

    @functools.cached_property
    def images(self):
        """The drawings of `captions`, uint8 `(number, side, side, 3)`."""
        images = np.empty((self.number, self.side, self.side, 3), "uint8")
        for start in range(0, self.number, CHUNK):
            captions = self.captions[start : start + CHUNK]
            seed = self.protocol.seed + start
            done = start + len(captions)
            images[start:done] = draw_captions(self.gan, captions, seed)
            self.on_stage("Captions are drawn", done, self.number)
        return images

    @functools.cached_property
    def encoder(self):
        """The `EvaluationEncoder` of the training split."""
        return open_evaluation_encoder(self.train, self._encoder_folder)

    @functools.cached_property
    def language_model(self):
        """The held-out `GPT2LanguageModel` of the training split."""
        return open_held_out_language_model(self.train, self._encoder_folder)

    @functools.cached_property
    def extractor(self):
        """The `FeatureExtractor`."""
        given = self.protocol.extractor
        return given or contrastive_extractor(self.encoder.image_encoder)

    def origin(self):
        """Return what the samples come from, for the protocol."""
        return {
            "weights_sha256": hash_arrays(*self.gan.ema_generator.get_weights()),
            "captions_sha256": hash_arrays(np.array(self.captions)),
        }

    @property
    def _encoder_folder(self):
        return f"{self.protocol.prepared_dir}/evaluation_encoders"

    def _load(self, split):
        config = self.config
        sources = {name: config[name] for name in SOURCE_ARGUMENTS}
        return load_dataset(config["dataset"], split, self.side, 64, **sources)


class PictureFolder(Samples):
    """A folder of pictures in a generator's place, whoever made them.

    Args:
        folder: Path; every readable picture in it, in the order of the names.
        side: int. Side in pixels to which all pictures are brought.
        config: Dict of the data set compared with, see `Samples`.
        protocol: `Protocol`.
        on_stage: Function `(description, done, total)`, for progress.

    Raises:
        ValueError: If there are too few pictures.
    """

    side = None

    def __init__(self, folder, side, config, protocol, on_stage=lambda *_: None):
        self.folder, self.side = pathlib.Path(folder), side
        self.paths = sorted(
            path
            for path in self.folder.glob("*")
            if path.suffix.lower() in IMAGE_SUFFIXES
        )
        number = min(protocol.num_samples, len(self.paths))
        protocol = dataclasses.replace(protocol, num_samples=number)
        super().__init__(None, config, protocol, on_stage)

    @functools.cached_property
    def images(self):
        """The folder's first pictures, uint8 `(number, side, side, 3)`."""
        framing = get_framing("centre", self.side)
        images = []
        for done, path in enumerate(self.paths[: self.number], 1):
            images.append(read_image(path, framing=framing))
            self.on_stage("Pictures are read", done, self.number)
        return np.stack(images)

    def origin(self):
        """Return what the samples come from, for the protocol."""
        return {"folder": str(self.folder)}


def default_split(config):
    """Return the split that is measured on: `test` where there is one.

    Args:
        config: Dict of a run's settings.
    """
    names = [field.name for field in dataclasses.fields(Options)]
    options = {name: config[name] for name in names if config.get(name) is not None}
    splits = open_source(config["dataset"], Options(**options)).splits
    return "test" if splits and "test" in splits else config["split"]


def make_extractor(name):
    """Return the `FeatureExtractor` of a name, None for the evaluation encoder's.

    Args:
        name: str. `"contrastive"`, `"inception"`, or the path of Inception's weights.
    """
    if name == "contrastive":
        return None
    return inception_extractor("imagenet" if name == "inception" else name)


def hash_arrays(*arrays):
    """Return the SHA-256 of arrays' bytes, in hexadecimal."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
