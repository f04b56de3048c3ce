"""The tfds builder `captioned_folder`: a user's own pictures and words."""

import tensorflow_datasets as tfds

from aigc_keras.datasets.captioned_folder.reading import read_captioned_folder
from aigc_keras.datasets.folder_builder import FolderBuilder


class Builder(FolderBuilder):
    """Pictures of a folder with their captions, see `read_captioned_folder`.

    Args:
        source_dir: Path of the folder.
        **kwargs: Passed to tfds, `data_dir` above all: where prepared data go.

    Raises:
        DatasetError: If the folder or its captions cannot be read, raised before
            anything is written, or too many pictures are faulty.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    def _read(self, source_dir):
        return read_captioned_folder(source_dir)
