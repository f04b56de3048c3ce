"""Measures how well a GAN recognises pictures, and tells its drawings from them."""

import numpy as np

from aigc_keras.datasets.class_captions import ClassCaptions
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.metrics import Recognition, roc_auc
from aigc_keras.models.recognition import image_realness

CHUNK = 250
PROMPT = ClassCaptions(english_templates=("a picture of {a}",))


def measure_recognition(gan, images, drawings, labels=None, class_names=None):
    """Let a GAN say what real pictures show, and which pictures it drew itself.

    Where the classes are the model's own, by its class head; where it has a judge, also
    by captions, "a picture of ..." with the classes' names, for which nothing was
    trained. Drawings are told from pictures by `image_realness`, whose docstring says
    what that is good for; the area is that of this generator's drawings only.

    Args:
        gan: `TextToImageGAN`.
        images: uint8 array `(n, side, side, 3)`, pictures it was not trained on.
        drawings: uint8 array `(m, side, side, 3)` of the same generator.
        labels: int array `(n,)`, or None where there are no classes.
        class_names: List of str, or None.

    Returns:
        Dict ready for JSON: `detection` with the area `roc_auc` and the mean realness
        of `real` and `drawn`; and, with labels, `ways`, the figures of `Recognition` by
        `class head` and by `captions`; then of the first of them `by_class`, a list of
        dicts, `confusion`, rows true and columns predicted, and `calibration`, by bins.
    """
    real, drawn = (image_realness(gan, pixels) for pixels in (images, drawings))
    result = {
        "detection": {
            "roc_auc": roc_auc(real, drawn),
            "real": float(real.mean()),
            "drawn": float(drawn.mean()),
        }
    }
    if labels is None:
        return result
    metrics = _by_ways(gan, images, labels, class_names)
    if not metrics:
        return result
    first = next(iter(metrics.values()))
    by_class = {name: values.tolist() for name, values in first.by_class().items()}
    return {
        "ways": {way: metric.result() for way, metric in metrics.items()},
        "by_class": [
            {"name": name, **{key: values[row] for key, values in by_class.items()}}
            for row, name in enumerate(class_names)
        ],
        "confusion": first.confusion.tolist(),
        "calibration": {k: v.tolist() for k, v in first.calibration().items()},
        **result,
    }


def measure_split_recognition(gan, dataset, num_images=2000, seed=0, on_batch=None):
    """Measure recognition on a split's first pictures; see `measure_recognition`.

    Protocol: beside the pictures stand drawings of one caption of each, of alternating
    places, drawing `i` with the noise of seed `seed + i`.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        dataset: `CaptionedDataset` of the model's image size.
        num_images: int. Pictures at most.
        seed: int. Seed of the first drawing.
        on_batch: Function `(done, total)`, for progress.

    Returns:
        See `measure_recognition`.
    """
    number = min(num_images, dataset.num_images)
    captions = [texts[i % len(texts)] for i, texts in enumerate(dataset.captions)]
    drawings = []
    for start in range(0, number, CHUNK):
        chunk = captions[start : min(start + CHUNK, number)]
        drawings.append(draw_captions(gan, chunk, seed + start))
        if on_batch:
            on_batch(start + len(chunk), number)
    images = np.asarray(dataset.images[:number])
    labels = None if dataset.classes is None else dataset.labels[:number]
    drawings = np.concatenate(drawings)
    return measure_recognition(gan, images, drawings, labels, dataset.classes)


def _by_ways(gan, images, labels, class_names):
    """Return a `Recognition` for each way in which the model can tell the classes."""
    candidates = {}
    if gan.class_names == class_names:
        candidates["class head"] = None
    # Two classes of one name are one caption.
    if gan.judge is not None and len(set(class_names)) == len(class_names):
        candidates["captions"] = [
            PROMPT.write(label, class_names)[0] for label in range(len(class_names))
        ]
    metrics = {}
    for way, prompts in candidates.items():
        metrics[way] = Recognition(len(class_names))
        metrics[way].update_state(
            labels, gan.recognize(images, prompts)["probabilities"]
        )
    return metrics
