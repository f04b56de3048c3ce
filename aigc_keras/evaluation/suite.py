"""All that is measured of a trained GAN, on any data set, from one set of samples."""

import importlib.metadata
import platform
import resource
import sys
import time

import numpy as np

from aigc_keras.evaluation.evaluate_run import evaluate_gan
from aigc_keras.evaluation.features import collect_features, image_batches
from aigc_keras.evaluation.run_distribution import compare_distributions
from aigc_keras.evaluation.run_matching import measure_matching
from aigc_keras.evaluation.run_memorisation import measure_memorisation
from aigc_keras.evaluation.run_recognition import measure_recognition
from aigc_keras.evaluation.samples import hash_arrays
from aigc_keras.metrics import coherence, distinct, lexical_richness


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
    """Return figures of the captions themselves.

    Richness, variety, coherence, and their perplexity under a language model that has
    not seen them; see `open_held_out_language_model`.
    """
    captions = samples.captions
    return {
        **lexical_richness(captions),
        "distinct_1": distinct(captions, 1),
        "distinct_2": distinct(captions, 2),
        "coherence": coherence(samples.encoder.embed_captions(captions)),
        "perplexity": samples.language_model.perplexity(captions),
    }


def _measure_alignment(samples):
    number, seed = samples.number, samples.protocol.seed
    return evaluate_gan(samples.gan, samples.config, number, seed)


def _measure_matching(samples):
    return measure_matching(
        samples.encoder, samples.images, samples.captions, samples.protocol.seed
    )


def _measure_recognition(samples):
    real, rows = samples.real, samples.rows
    labels = None if real.classes is None else real.labels[rows]
    pictures = np.asarray(real.images[rows])
    return measure_recognition(
        samples.gan, pictures, samples.images, labels, real.classes
    )


# What can be said of pictures without the model that drew them.
WITHOUT_MODEL = ("distribution", "memorisation")
METRICS = {
    "alignment": _measure_alignment,
    "distribution": measure_distribution,
    "matching": _measure_matching,
    "memorisation": measure_memory,
    "language": measure_language,
    "recognition": _measure_recognition,
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
    # Bytes on macOS, 1,024 of them elsewhere.
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6)


def describe_protocol(samples):
    """Return what is needed to repeat an evaluation, a dict ready for JSON."""
    protocol = samples.protocol
    packages = ("aigc_keras", "tensorflow", "keras", "keras-nlp", "numpy")
    return {
        "dataset": samples.config["dataset"],
        "split": protocol.split,
        "num_samples": samples.number,
        "seed": protocol.seed,
        "samples_sha256": hash_arrays(samples.images),
        **samples.origin(),
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in packages},
        },
    }
