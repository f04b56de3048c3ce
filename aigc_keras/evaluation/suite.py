"""All that is measured of a trained GAN, on any data set, from one set of samples."""

import dataclasses
import functools
import hashlib
import importlib.metadata
import pathlib
import platform
import resource
import sys
import time

import numpy as np

from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.captioned_folder.reading import IMAGE_SUFFIXES
from aigc_keras.datasets.framing import get_framing
from aigc_keras.datasets.images import read_image
from aigc_keras.datasets.loading import SOURCE_ARGUMENTS
from aigc_keras.datasets.registry import open_source
from aigc_keras.datasets.sources import Options
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.evaluation.evaluate_run import evaluate_gan
from aigc_keras.evaluation.evaluation_encoder import open_evaluation_encoder
from aigc_keras.evaluation.features import (
    collect_features,
    contrastive_extractor,
    image_batches,
    inception_extractor,
)
from aigc_keras.evaluation.run_distribution import compare_distributions
from aigc_keras.evaluation.run_matching import measure_matching
from aigc_keras.evaluation.run_memorisation import measure_memorisation
from aigc_keras.metrics import coherence, distinct, lexical_richness

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
        parts = []
        for start in range(0, self.number, CHUNK):
            captions = self.captions[start : start + CHUNK]
            seed = self.protocol.seed + start
            parts.append(draw_captions(self.gan, captions, seed))
            done = start + len(captions)
            self.on_stage("Captions are drawn", done, self.number)
        return np.concatenate(parts)

    @functools.cached_property
    def encoder(self):
        """The `EvaluationEncoder` of the training split."""
        folder = f"{self.protocol.prepared_dir}/evaluation_encoders"
        return open_evaluation_encoder(self.train, folder)

    @functools.cached_property
    def extractor(self):
        """The `FeatureExtractor`."""
        given = self.protocol.extractor
        return given or contrastive_extractor(self.encoder.image_encoder)

    def origin(self):
        """Return what the samples come from, for the protocol."""
        return {
            "weights_sha256": _hash(*self.gan.ema_generator.get_weights()),
            "captions_sha256": _hash(np.array(self.captions)),
        }

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


def measure_distribution(samples):
    """Return the distribution metrics by name; see `compare_distributions`."""
    sets = (
        image_batches(samples.real.images, samples.rows),
        image_batches(samples.real.images, samples.other_rows),
        image_batches(samples.images),
    )
    features = [collect_features(samples.extractor, batches) for batches in sets]
    split = "".join(c for c in samples.protocol.split if c.isalnum() or c == "_")
    protocol = f"{split}_{samples.extractor.name}"
    figures, warnings = compare_distributions(
        *features, protocol, samples.protocol.seed
    )
    return {"figures": figures, "warnings": warnings}


def measure_memory(samples):
    """Return how near samples lie to training pictures; see `measure_memorisation`."""
    held_out = samples.real.images[samples.rows]
    return measure_memorisation(
        samples.extractor, samples.images, samples.train.images, held_out
    )


def measure_language(samples):
    """Return figures of the captions themselves: richness, variety, coherence."""
    captions = samples.captions
    return {
        **lexical_richness(captions),
        "distinct_1": distinct(captions, 1),
        "distinct_2": distinct(captions, 2),
        "coherence": coherence(samples.encoder.embed_captions(captions)),
    }


def _measure_alignment(samples):
    number, seed = samples.number, samples.protocol.seed
    return evaluate_gan(samples.gan, samples.config, number, seed)


def _measure_matching(samples):
    return measure_matching(
        samples.encoder, samples.images, samples.captions, samples.protocol.seed
    )


# What can be said of pictures without the model that drew them.
WITHOUT_MODEL = ("distribution", "memorisation")
METRICS = {
    "alignment": _measure_alignment,
    "distribution": measure_distribution,
    "matching": _measure_matching,
    "memorisation": measure_memory,
    "language": measure_language,
}


def choose_metrics(names, has_model=True):
    """Return the names of metrics.

    Args:
        names: str. Names in `METRICS` with commas between, or `"all"`.
        has_model: bool. Whether a model drew the pictures.

    Raises:
        ValueError: If a name is unknown, or needs a model where there is none.
    """
    known = tuple(METRICS) if has_model else WITHOUT_MODEL
    chosen = known if names == "all" else tuple(names.split(","))
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ValueError(
            f"The metrics must be all or among {', '.join(known)}. "
            f"Received: {', '.join(unknown)}"
        )
    return chosen


def make_extractor(name):
    """Return the `FeatureExtractor` of a name, None for the evaluation encoder's.

    Args:
        name: str. `"contrastive"`, `"inception"`, or the path of Inception's weights.
    """
    if name == "contrastive":
        return None
    return inception_extractor("imagenet" if name == "inception" else name)


def evaluate_suite(samples, metrics=tuple(METRICS)):
    """Measure one set of samples by several metrics.

    Args:
        samples: `Samples`.
        metrics: Sequence of names in `METRICS`.

    Returns:
        Dict ready for JSON: `protocol`, what is needed to repeat it, one entry a
        metric, and `cost`, in seconds and in MB of the process at its largest.
    """
    started = time.monotonic()
    result = {"protocol": describe_protocol(samples)}
    for done, name in enumerate(metrics, 1):
        result[name] = METRICS[name](samples)
        samples.on_stage("Measured", done, len(metrics))
    result["cost"] = {
        "seconds": round(time.monotonic() - started, 1),
        "peak_memory_mb": peak_memory_mb(),
    }
    return result


def peak_memory_mb():
    """Return how large the process has been at most, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, kilobytes elsewhere.
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))


def describe_protocol(samples):
    """Return what is needed to repeat an evaluation, a dict ready for JSON."""
    protocol = samples.protocol
    packages = ("aigc_keras", "tensorflow", "keras", "keras-nlp", "numpy")
    return {
        "dataset": samples.config["dataset"],
        "split": protocol.split,
        "num_samples": samples.number,
        "seed": protocol.seed,
        "samples_sha256": _hash(samples.images),
        **samples.origin(),
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in packages},
        },
    }


def default_split(config):
    """Return the split that is measured on: `test` where there is one.

    Args:
        config: Dict of a run's settings.
    """
    names = [field.name for field in dataclasses.fields(Options)]
    options = {name: config[name] for name in names if config.get(name) is not None}
    splits = open_source(config["dataset"], Options(**options)).splits
    return "test" if splits and "test" in splits else config["split"]


def _hash(*arrays):
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
