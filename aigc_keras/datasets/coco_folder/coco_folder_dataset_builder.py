"""The tfds builder `coco_folder`: a local directory in COCO's own layout."""

import tensorflow_datasets as tfds

from aigc_keras.datasets.coco_folder.reading import read_coco_directory
from aigc_keras.datasets.folder_builder import FolderBuilder


class Builder(FolderBuilder):
    """Photographs and captions of a directory in COCO's layout.

    The directory holds `annotations/captions_<name>.json` and, for each, a folder
    `<name>` of images. A name that starts with train, val or test becomes that split.

    Args:
        source_dir: Path of the directory.
        **kwargs: Passed to tfds, `data_dir` above all: where prepared data go.

    Raises:
        DatasetError: If the directory, an annotation file or an image is missing, or an
            annotation file is not COCO's JSON, raised before anything is written; or if
            too many pictures are faulty.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    def _read(self, source_dir):
        return read_coco_directory(source_dir), None
