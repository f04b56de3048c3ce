"""The tfds builder of a data set: this package's, tfds's, or of a written folder."""

import tensorflow_datasets as tfds
from etils import epath

from aigc_keras.datasets.captioned_folder import captioned_folder_dataset_builder
from aigc_keras.datasets.coco_folder import coco_folder_dataset_builder
from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.noto_emoji import noto_emoji_dataset_builder
from aigc_keras.datasets.shapes import shapes_dataset_builder
from aigc_keras.datasets.shapes_dialogue import shapes_dialogue_dataset_builder

# What tfds writes last into the folder of a data set.
DATASET_INFO = "dataset_info.json"
# tfds knows them by name once they are imported.
OWN_BUILDERS = {
    module.Builder.name: module.Builder
    for module in (
        captioned_folder_dataset_builder,
        coco_folder_dataset_builder,
        noto_emoji_dataset_builder,
        shapes_dataset_builder,
        shapes_dialogue_dataset_builder,
    )
}


def is_written(name):
    """Return whether a name is the folder of a data set that tfds has written."""
    return (epath.Path(name) / DATASET_INFO).exists()


def make_builder(name, options, *, file_format=None, processes=None):
    """Return the tfds builder of a data set, or of the folder where one is written.

    Args:
        name: str. See `open_source`.
        options: `Options`.
        file_format: str. Of what is to be written, see `build_records`.
        processes: int. See `RecordBuilder`.

    Raises:
        DatasetError: If there is no such data set, it needs what is not given, or the
            folder is not whole.
    """
    if is_written(name):
        return read_builder(name)
    base, _, config = str(name).partition("/")
    arguments = {"file_format": file_format}
    try:
        if base not in OWN_BUILDERS:
            return tfds.builder(str(name), data_dir=options.data_dir, **arguments)
        arguments |= {"data_dir": str(options.prepared_dir), "processes": processes}
        if base in ("captioned_folder", "coco_folder"):
            if config:
                raise ValueError(f"{base} has no configurations")
            arguments["source_dir"] = own_folder(name, options)
        elif base == "noto_emoji":
            arguments |= {"config": config or "base", "font": options.font}
        elif config:
            arguments["config"] = config
        return OWN_BUILDERS[base](**arguments)
    except DatasetError:
        raise
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        raise DatasetError(
            "A data set must be one that `aigc-keras datasets` lists, a tfds data set, "
            f"or a folder with {DATASET_INFO}. Received: {name!r}"
        ) from error


def read_builder(folder):
    """Return a builder that reads a folder which tfds has written, if it is whole."""
    try:
        builder = tfds.builder_from_directory(folder)
        splits = builder.info.splits.values()
        missing = [p.name for part in splits for p in part.filepaths if not p.exists()]
        reason = f"no {missing[0]}" if missing else "" if splits else "no splits"
    # What is damaged, and how, decides what tfds raises.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
    if reason:
        raise DatasetError(
            "A data set's folder must be whole, as tfds wrote it. "
            f"Received: {folder} ({reason})"
        )
    return builder


def own_folder(name, options):
    """Return the user's own folder, or say that it must be given."""
    if options.data_dir is None:
        raise DatasetError(
            f"`{name}` needs `data_dir` (--data-dir), a directory of your own. "
            "Received: none"
        )
    return options.data_dir
