"""Prepares one split at one size, once: pixels, captions and labels on disk."""

import collections
import concurrent.futures
import dataclasses
import hashlib
import itertools
import json
import os
import pathlib
import shutil

import numpy as np

from aigc_keras.datasets.errors import DatasetError, ImageError
from aigc_keras.datasets.faults import FaultReport
from aigc_keras.datasets.images import read_image

PIXELS_FILE = "pixels.raw"
TEXT_FILE = "captions.json"
REPORT_FILE = "report.json"
FORMAT = 1
# Pictures that a thread reads in one go.
CHUNK = 8


@dataclasses.dataclass(frozen=True)
class Element:
    """A picture as a source has it.

    Args:
        name: str. What a message calls it.
        image: Path or bytes of an image file.
        captions: List of str.
        label: int, or -1 where the source has no classes.
    """

    name: str
    image: str | bytes
    captions: list
    label: int = -1


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A prepared split.

    Args:
        images: uint8 array `(n, side, side, 3)`, mapped from disk, read only.
        captions: List of lists of str.
        labels: int64 array `(n,)`, or None.
        report: `FaultReport`.
    """

    images: np.ndarray
    captions: list
    labels: np.ndarray | None
    report: FaultReport


def prepare_split(folder, key, elements, framing, rules, max_faulty, on_image=None):
    """Return a prepared split, preparing it first where it is not there yet.

    A faulty picture, or one without a caption that the rules keep, is left out and
    counted. The folder appears whole or not at all.

    Args:
        folder: Path under which prepared splits lie.
        key: Dict, JSON-ready, that tells this split from every other.
        elements: Function that returns an iterator of `Element`, in an order that never
            changes.
        framing: See `aigc_keras.datasets.framing`.
        rules: `CaptionRules`.
        max_faulty: float. Share of pictures that may be faulty.
        on_image: Function `(done)` called now and then, for progress.

    Returns:
        `Prepared`.

    Raises:
        DatasetError: If too many pictures are faulty, or the folder cannot be written.
    """
    key = {**key, "format": FORMAT, "framing": repr(framing), "rules": repr(rules)}
    text = json.dumps(key, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    name = "".join(c if c.isalnum() else "_" for c in str(key["name"]))
    folder = pathlib.Path(folder) / f"{name}_{framing.side}_{digest}"
    if not (folder / REPORT_FILE).is_file():
        staging = folder.with_name(f".{folder.name}.{os.getpid()}")
        try:
            staging.mkdir(parents=True)
            report = _write(staging, elements(), framing, rules, on_image)
            report.check(key["name"], max_faulty)
            if folder.exists():
                shutil.rmtree(folder)
            os.replace(staging, folder)
        except OSError as error:
            raise DatasetError(
                "Data must be prepared in a folder that can be written and has room. "
                f"Received: {folder} ({error})"
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    prepared = _read(folder, framing.side)
    prepared.report.check(key["name"], max_faulty)
    return prepared


def check_elements(elements, framing, rules, on_image=None):
    """Read every picture and caption, keep nothing, and report what is wrong.

    Args:
        elements: Iterable of `Element`.
        framing: See `aigc_keras.datasets.framing`.
        rules: `CaptionRules`.
        on_image: Function `(done)` called now and then, for progress.

    Returns:
        `FaultReport`.
    """
    report = FaultReport()
    for _ in _sound_elements(elements, framing, rules, report, on_image):
        pass
    return report


def _write(folder, elements, framing, rules, on_image):
    report = FaultReport()
    captions, labels = [], []
    with open(folder / PIXELS_FILE, "wb") as file:
        sound = _sound_elements(elements, framing, rules, report, on_image)
        for element, texts, pixels in sound:
            file.write(pixels.tobytes())
            captions.append(texts)
            labels.append(element.label)
        file.flush()
        os.fsync(file.fileno())
    text = {"captions": captions, "labels": labels}
    (folder / TEXT_FILE).write_text(
        json.dumps(text, ensure_ascii=False), encoding="utf-8"
    )
    # Written last: a folder that has it is complete.
    (folder / REPORT_FILE).write_text(
        json.dumps(report.to_dict(), ensure_ascii=False), encoding="utf-8"
    )
    return report


def _sound_elements(elements, framing, rules, report, on_image):
    """Yield `(element, captions, pixels)` of what can be used; report the rest."""
    for element, pixels in _read_all(elements, framing):
        report.num_images += 1
        texts = rules.apply(element.captions, report.captions)
        if isinstance(pixels, ImageError):
            report.add(element.name, pixels.reason, str(pixels))
        elif not texts:
            report.add(element.name, "no caption", "no caption is left")
        else:
            yield element, texts, pixels
        if on_image is not None and report.num_images % 64 == 0:
            on_image(report.num_images)
    if on_image is not None and report.num_images:
        on_image(report.num_images)


def _read_all(elements, framing):
    """Yield each element with its pixels or its `ImageError`, decoding in threads."""
    workers = os.cpu_count() or 1
    elements, window = iter(elements), collections.deque()
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        while True:
            chunk = list(itertools.islice(elements, CHUNK))
            if chunk:
                window.append(pool.submit(_read_chunk, chunk, framing))
            # A window bounds what is held, whatever the size of the data set.
            if len(window) >= 2 * workers or (window and not chunk):
                yield from window.popleft().result()
            elif not chunk:
                return


def _read_chunk(elements, framing):
    return [(element, _read_one(element, framing)) for element in elements]


def _read_one(element, framing):
    try:
        return read_image(element.image, framing=framing)
    except ImageError as error:
        return error


def _read(folder, side):
    text = json.loads((folder / TEXT_FILE).read_text(encoding="utf-8"))
    report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    number = len(text["captions"])
    shape = (number, side, side, 3)
    images = (
        np.memmap(folder / PIXELS_FILE, "uint8", "r", shape=shape)
        if number
        else np.zeros(shape, "uint8")
    )
    labels = np.array(text["labels"], "int64")
    return Prepared(
        images,
        text["captions"],
        labels if number and labels.min() >= 0 else None,
        FaultReport.from_dict(report),
    )
