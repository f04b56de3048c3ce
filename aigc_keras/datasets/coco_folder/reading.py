"""Reads the annotations of a directory in COCO's own layout."""

import json
import pathlib
import re

from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.prepared import Element

SPLIT_NAMES = {"train": "train", "val": "validation", "test": "test"}


def read_coco_directory(source_dir):
    """Read and check the annotations of a directory in COCO's layout.

    Args:
        source_dir: Path.

    Returns:
        Dict from split name to a list of `Element`, by file name. Images without
        captions are left out.

    Raises:
        DatasetError: If the directory, an annotation file or an image is missing, or an
            annotation file is not COCO's JSON.
    """
    folder = pathlib.Path(source_dir)
    if not folder.is_dir():
        raise DatasetError(
            "`coco_folder` needs a directory with `annotations/captions_*.json` and "
            f"image folders. Received: {folder}, which is not a directory"
        )
    files = sorted((folder / "annotations").glob("captions_*.json"))
    if not files:
        raise DatasetError(
            "`coco_folder` needs at least one file `annotations/captions_<name>.json`. "
            f"Received: {folder}, which holds none"
        )
    sources = {}
    for file in files:
        name = file.stem.removeprefix("captions_")
        split = _split_name(name)
        sources.setdefault(split, []).extend(_read_split(file, folder / name))
    return sources


def _split_name(name):
    for prefix, split in SPLIT_NAMES.items():
        if name.startswith(prefix):
            return split
    return re.sub(r"\W", "_", name)


def _read_split(file, images):
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        names = {item["id"]: item["file_name"] for item in content["images"]}
        captions = {}
        for item in content["annotations"]:
            captions.setdefault(item["image_id"], []).append(str(item["caption"]))
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            "An annotation file must be COCO's JSON with `images` (id, file_name) and "
            f"`annotations` (image_id, caption). Received: {file} ({error!r})"
        ) from error
    unknown = sorted(set(captions) - set(names))
    if unknown:
        raise DatasetError(
            "Every annotation must name an image of the same file. Received: "
            f"{file}, which has captions for {len(unknown)} unknown image ids, "
            f"such as {unknown[0]}"
        )
    elements = [
        Element(pathlib.PurePath(name).name, str(images / name), captions[key])
        for key, name in sorted(names.items(), key=lambda item: item[1])
        if key in captions
    ]
    missing = [item.name for item in elements if not pathlib.Path(item.image).is_file()]
    if missing:
        raise DatasetError(
            f"Every image of {file} must lie in {images}; copy the missing ones there "
            f"or remove them from the JSON. Received: {len(missing)} of "
            f"{len(elements)} missing, such as {missing[0]}"
        )
    if not elements:
        raise DatasetError(
            f"An annotation file must caption at least one image. Received: {file}"
        )
    return elements
