"""Writes one self-contained page of an evaluation: tables, pictures, curves."""

import base64
import dataclasses
import io
import os

import jinja2
import numpy as np
from PIL import Image

from aigc_keras.datasets.shapes.caption_reader import read_caption
from aigc_keras.datasets.shapes.scene import SHAPES
from aigc_keras.evaluation.charts import draw_confusion, draw_curves
from aigc_keras.evaluation.tables import result_tables
from aigc_keras.metrics import Recognition, read_scene
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.tasks.interpolate import spherical

GRID = 24
STRIPS, STEPS = 4, 9
NEIGHBOURS = 8


@dataclasses.dataclass(frozen=True)
class Figure:
    """Pictures with captions under them, or a chart.

    Args:
        title: str.
        text: str. What is to be seen.
        pictures: List of `(data URL, caption)`.
        columns: int. Pictures a row.
        svg: str. SVG markup of a chart, or empty.
    """

    title: str
    text: str
    pictures: list = dataclasses.field(default_factory=list)
    columns: int = 8
    svg: str = ""


def check_report(path):
    """Refuse a path before any work is done.

    Raises:
        ValueError: If the path does not end in .html, or its folder cannot be written.
    """
    if path.suffix.lower() != ".html":
        raise ValueError(f"The report must be an .html file. Received: {path}")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ValueError(
            "The report's folder must be one that can be written. "
            f"Received: {path.parent}"
        )


def write_report(path, title, result, samples, history=(), command=""):
    """Write an HTML page that needs no other file and no network.

    Args:
        path: Path of the file.
        title: str.
        result: Dict as `evaluate_suite` returns it.
        samples: The `Samples` that were measured.
        history: Sequence of the dicts of a run's `metrics.jsonl`.
        command: str. The command that repeats the evaluation.

    Raises:
        OSError: If the file cannot be written.
    """
    figures = [
        _sample_figure(samples),
        *_interpolation_figures(samples),
        *_neighbour_figures(result, samples),
        *_confusion_figures(samples),
        *_recognition_figures(result),
        *_curve_figures(history),
    ]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("aigc_keras.evaluation", ""), autoescape=True
    )
    page = environment.get_template("report.html").render(
        title=title,
        protocol=result["protocol"],
        tables=result_tables(result),
        warnings=result.get("distribution", {}).get("warnings", []),
        figures=figures,
        command=command,
    )
    staging = path.with_name(f".{path.name}.staging")
    try:
        staging.write_text(page, encoding="utf-8")
        os.replace(staging, path)
    finally:
        staging.unlink(missing_ok=True)


def _sample_figure(samples):
    text = "The first captions of the protocol, drawn once each: not chosen."
    images = samples.images[:GRID]
    captions = samples.captions[:GRID] if samples.gan else [""] * len(images)
    pictures = _pictures(images, captions)
    return Figure("Samples", text, pictures)


def _interpolation_figures(samples):
    """Return strips from one caption to another, the noise being the same."""
    if samples.gan is None:
        return []
    gan, seed = samples.gan, samples.protocol.seed
    texts = samples.captions[: 2 * STRIPS]
    encoder = gan.text_encoder
    vectors = encoder.embed(*encoder.tokenize(texts))
    shares = np.linspace(0, 1, STEPS)
    between = spherical(vectors[::2, None], vectors[1::2, None], shares)
    between = between.reshape(-1, vectors.shape[-1])
    noise = [noise_from_seed(seed + i, gan.generator.noise_dim) for i in range(STRIPS)]
    images = gan.draw(between, np.repeat(noise, STEPS, axis=0))
    captions = [""] * len(images)
    captions[::STEPS], captions[STEPS - 1 :: STEPS] = texts[::2], texts[1::2]
    text = "From one caption's vector to another's in equal steps along the arc."
    pictures = _pictures(images, captions)
    return [Figure("Between two captions", text, pictures, columns=STEPS)]


def _neighbour_figures(result, samples):
    if "memorisation" not in result:
        return []
    number = min(NEIGHBOURS, samples.number)
    pictures = _pictures(samples.images[:number], ["sample"] * number)
    for way in ("pixels", "features"):
        places = np.array(result["memorisation"][way]["nearest"][:number])
        found = samples.train.images[places]
        pictures += _pictures(found, [f"nearest in {way}"] * number)
    text = "Samples, and the training pictures that lie nearest to each."
    return [Figure("Nearest training pictures", text, pictures, columns=number)]


def _confusion_figures(samples):
    """Return what was drawn for each shape that was asked for, on `shapes/single`."""
    if samples.gan is None:
        return []
    wanted = [read_caption(caption) for caption in samples.captions]
    if any(one is None or len(one.kinds) != 1 or one.count != 1 for one in wanted):
        return []
    # The last column is what could not be read.
    metric = Recognition(len(SHAPES) + 1)
    labels = [SHAPES.index(one.kinds[0][2]) for one in wanted]
    metric.update_state(labels, np.stack([_read_shape(i) for i in samples.images]))
    names = [*SHAPES, "unread"]
    svg = draw_confusion(metric.confusion[:-1], names[:-1], names)
    text = "Rows: the shape in the caption. Columns: the shape read in the picture."
    return [Figure("Confusion of shapes", text, svg=svg)]


def _recognition_figures(result):
    figures = result.get("recognition", {})
    if "confusion" not in figures:
        return []
    names = [row["name"] for row in figures["by_class"]]
    svg = draw_confusion(np.array(figures["confusion"]), names, names)
    way = next(iter(figures["ways"]))
    text = (
        f"Rows: the class of a real picture. Columns: as what the {way} recognise it."
    )
    return [Figure("Confusion of classes", text, svg=svg)]


def _read_shape(image):
    objects = read_scene(image).objects
    shape = objects[0].shape if objects else None
    return np.eye(len(SHAPES) + 1)[
        len(SHAPES) if shape is None else SHAPES.index(shape)
    ]


def _curve_figures(history):
    if not history:
        return []
    text = "As written to metrics.jsonl while the run trained."
    return [Figure("Curves", text, svg=draw_curves(history))]


def _pictures(images, captions):
    return [(_png(image), text) for image, text in zip(images, captions, strict=True)]


def _png(picture):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
