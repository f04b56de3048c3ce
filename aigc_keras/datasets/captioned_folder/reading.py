"""Finds the pictures and the words of a user's folder, in whichever form they come."""

import csv
import json
import pathlib

from aigc_keras.datasets.class_captions import GENERIC, plain_name
from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.prepared import Element

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"}
SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
TABLES = ("captions.csv", "captions.jsonl", "metadata.jsonl")
# No line of captions is longer than this many characters.
MAX_LINE = 1_000_000
MAX_SIDE_CAR_BYTES = 1_000_000


def read_captioned_folder(source_dir):
    """Read the captions of a folder, without opening its pictures.

    The first of these that is there counts: `captions.csv` (columns `image`, `caption`,
    and if wanted `label` and `split`; several rows an image are several captions),
    `captions.jsonl` or `metadata.jsonl` (the same as one JSON object a line; also
    `file_name` for the image, `text` for the caption, and lists of captions), a text
    file beside each picture (`name.txt`, one caption a line), or folders named after
    classes, whose captions are made from their names. Folders `train`, `validation` and
    `test` at the top are splits.

    Args:
        source_dir: Path.

    Returns:
        Tuple of a dict from split name to a list of `Element`, and the list of class
        names or None.

    Raises:
        DatasetError: If there is no such folder, it holds no pictures, or its table of
            captions cannot be read.
    """
    root = pathlib.Path(source_dir)
    if not root.is_dir():
        raise DatasetError(
            "`captioned_folder` needs a directory of pictures. "
            f"Received: {root}, which is not a directory"
        )
    rows = list(_table_rows(root))
    if not rows:
        rows = list(_file_rows(root))
    if not rows:
        raise DatasetError(
            f"`captioned_folder` needs pictures ({', '.join(sorted(IMAGE_SUFFIXES))}) "
            f"with captions.csv, captions.jsonl, metadata.jsonl or name.txt beside "
            f"them, or in folders named after classes. Received: {root}"
        )
    return _gather(rows)


def _gather(rows):
    names = sorted({label for *_, label in rows if label is not None})
    labelled = names and all(label is not None for *_, label in rows)
    pictures = {}
    for split, path, captions, label in rows:
        key = (split, str(path))
        found = pictures.setdefault(key, (path, [], label))
        found[1].extend(captions)
    sources = {}
    for (split, _), (path, captions, label) in sorted(pictures.items()):
        index = names.index(label) if labelled else -1
        element = Element(path.name, str(path), captions, index)
        sources.setdefault(split, []).append(element)
    return sources, names if labelled else None


def _table_rows(root):
    """Yield `(split, path, captions, label)` from the tables of the folder."""
    places = [(root, "train")]
    places += [
        (root / name, split)
        for name, split in SPLIT_FOLDERS.items()
        if (root / name).is_dir()
    ]
    for folder, split in places:
        for name in TABLES:
            table = folder / name
            if table.is_file():
                read = _read_csv if table.suffix == ".csv" else _read_jsonl
                for number, record in read(table):
                    yield _row(record, folder, split, f"{table}, line {number}")
                break


def _read_csv(table):
    try:
        with open(table, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"image", "caption"} <= set(reader.fieldnames or ()):
                raise DatasetError(
                    f"{table} must have the columns image and caption in its first "
                    f"line. Received: {reader.fieldnames}"
                )
            for record in reader:
                yield reader.line_num, record
    except (csv.Error, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{table} must be a CSV file in UTF-8. Received: {error}"
        ) from error


def _read_jsonl(table):
    try:
        with open(table, encoding="utf-8-sig") as file:
            for number in range(1, 2**62):
                line = file.readline(MAX_LINE)
                if not line:
                    return
                if line.strip():
                    yield number, json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetError(
            f"{table} must hold one JSON object a line, in UTF-8. Received: {error}"
        ) from error


def _row(record, folder, split, where):
    record = record if isinstance(record, dict) else {}
    name = record.get("image") or record.get("file_name")
    captions = record.get("caption") or record.get("captions") or record.get("text")
    captions = captions if isinstance(captions, list) else [captions or ""]
    if not isinstance(name, str) or not all(isinstance(c, str) for c in captions):
        raise DatasetError(
            "Every entry must name an image and hold a caption, both text. "
            f"Received: {where}"
        )
    inside = pathlib.PurePath(name)
    if "\0" in name or inside.is_absolute() or ".." in inside.parts:
        raise DatasetError(
            f"Every image must lie inside the folder. Received: {name!r} in {where}"
        )
    label = record.get("label")
    label = None if label in (None, "") else str(label)
    return record.get("split") or split, folder / inside, captions, label


def _file_rows(root):
    """Yield rows from side-car files, or else from the names of folders."""
    paths = [
        path
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and path.is_file()
    ]
    side_cars = any(path.with_suffix(".txt").is_file() for path in paths)
    for path in paths:
        parts = path.relative_to(root).parts[:-1]
        split = SPLIT_FOLDERS.get(parts[0]) if parts else None
        classes = parts[1:] if split else parts
        label = plain_name(classes[0]) if classes else None
        captions = []
        if side_cars:
            captions = _read_side_car(path.with_suffix(".txt"))
        elif label:
            captions = GENERIC.write(0, [label])
        yield split or "train", path, captions, None if side_cars else label


def _read_side_car(path):
    if not path.is_file() or path.stat().st_size > MAX_SIDE_CAR_BYTES:
        return []
    return path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
