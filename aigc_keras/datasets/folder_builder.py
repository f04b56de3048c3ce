"""What the tfds builders of local folders have in common."""

import functools
import hashlib
import json
import pathlib

import tensorflow as tf
import tensorflow_datasets as tfds

from aigc_keras.datasets.images import stored_form
from aigc_keras.datasets.record_builder import RecordBuilder


class FolderBuilder(RecordBuilder, skip_registration=True):
    """A tfds builder of pictures that lie in a folder.

    A subclass reads the folder in `_read(source_dir)`, which returns what
    `read_captioned_folder` returns. Faulty pictures are left out; more than 5% of them
    stop the preparation.

    Args:
        source_dir: Path of the folder.
        **kwargs: Passed to `RecordBuilder`.
    """

    def __init__(self, source_dir, **kwargs):
        self._sources, self._class_names = self._read(source_dir)
        # The fingerprint in the configuration's name keeps two folders apart and
        # prepares a changed one anew.
        name = f"folder_{fingerprint(self._sources)}"
        super().__init__(
            config=tfds.core.BuilderConfig(name=name, description="A local folder."),
            **kwargs,
        )

    def _info(self):
        features = {
            "image": tfds.features.Image(),
            "captions": tfds.features.Sequence(tfds.features.Text()),
            "file_name": tfds.features.Text(),
        }
        if self._class_names:
            features["label"] = tfds.features.ClassLabel(names=self._class_names)
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager):
        del dl_manager
        return {
            split: self._generate_examples(elements)
            for split, elements in self._sources.items()
            if elements
        }

    def _generate_examples(self, elements):
        make = functools.partial(_read_example, bool(self._class_names))
        return self._make_examples(list(enumerate(elements)), make, _name_of)


def _read_example(has_classes, item):
    index, element = item
    image = stored_form(element.image)
    if not isinstance(image, str):
        # Pixels of a photograph are many times its file.
        image = tf.io.encode_png(image).numpy()
    example = {
        "image": image,
        "captions": element.captions,
        "file_name": element.name,
    }
    if has_classes:
        example["label"] = element.label
    return index, example


def _name_of(item):
    return item[1].name


def fingerprint(sources):
    """Return 12 characters that change when a folder's files or captions change.

    Args:
        sources: Dict from split name to a list of `Element` with paths.
    """
    digest = hashlib.sha256()
    for split, elements in sorted(sources.items()):
        for element in elements:
            path = pathlib.Path(element.image)
            status = path.stat() if path.is_file() else None
            state = (status.st_size, status.st_mtime_ns) if status else None
            entry = [split, element.image, state, element.captions, element.label]
            digest.update(json.dumps(entry).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:12]
