"""The tfds builder `coco_folder`: a local directory in COCO's own layout."""

import hashlib
import json
import re

import tensorflow_datasets as tfds
from etils import epath

from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.images import check_image, read_image

SPLIT_NAMES = {"train": "train", "val": "validation", "test": "test"}


class Builder(tfds.core.GeneratorBasedBuilder):
    """Photographs and captions of a directory in COCO's layout.

    The directory holds `annotations/captions_<name>.json` and, for each, a folder
    `<name>` of images. A name that starts with train, val or test becomes that split.

    Args:
        source_dir: Path of the directory.
        **kwargs: Passed to tfds, `data_dir` above all: where prepared data go.

    Raises:
        DatasetError: If the directory, an annotation file or an image is missing, or an
            annotation file is not COCO's JSON. Raised before anything is written.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    def __init__(self, source_dir, **kwargs):
        self._sources = read_coco_directory(source_dir)
        # The fingerprint in the configuration's name keeps two directories apart and
        # prepares a changed one anew.
        name = f"folder_{_fingerprint(self._sources)}"
        super().__init__(
            config=tfds.core.BuilderConfig(name=name, description="A local directory."),
            **kwargs,
        )

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(encoding_format="png"),
                    "captions": tfds.features.Sequence(tfds.features.Text()),
                    "file_name": tfds.features.Text(),
                }
            )
        )

    def _split_generators(self, dl_manager):
        del dl_manager
        return {
            split: self._generate_examples(items)
            for split, items in self._sources.items()
        }

    def _generate_examples(self, items):
        for path, captions in items:
            yield (
                path.name,
                {
                    # Decoded here, so that a broken file is refused before publishing,
                    # and rotation and odd colour modes are settled once.
                    "image": read_image(path),
                    "captions": captions,
                    "file_name": path.name,
                },
            )


def read_coco_directory(source_dir):
    """Read and check the annotations of a directory in COCO's layout.

    Args:
        source_dir: Path.

    Returns:
        Dict from split name to a list of `(image path, captions)`, by file name.
        Images without captions are left out.

    Raises:
        DatasetError: See `Builder`.
    """
    folder = epath.Path(source_dir)
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
        content = json.loads(file.read_text())
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
    items = [
        (images / name, [text.strip() for text in captions[key] if text.strip()])
        for key, name in sorted(names.items(), key=lambda item: item[1])
        if key in captions
    ]
    items = [item for item in items if item[1]]
    missing = [path.name for path, _ in items if not path.is_file()]
    if missing:
        raise DatasetError(
            f"Every image of {file} must lie in {images}; copy the missing ones there "
            f"or remove them from the JSON. Received: {len(missing)} of {len(items)} "
            f"missing, such as {missing[0]}"
        )
    if not items:
        raise DatasetError(
            f"An annotation file must caption at least one image. Received: {file}"
        )
    for path, _ in items:
        check_image(path)
    return items


def _fingerprint(sources):
    digest = hashlib.sha256()
    for split, items in sorted(sources.items()):
        for path, captions in items:
            entry = [split, str(path), path.stat().length, captions]
            digest.update(json.dumps(entry).encode())
    return digest.hexdigest()[:12]
