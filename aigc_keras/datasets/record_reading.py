"""Rows of a data set that tfds has written, in the order they were written in."""

import tensorflow_datasets as tfds


def read_rows(builder, split, decoders=None):
    """Yield a split's rows as nested dicts of numpy values, whatever their format.

    Args:
        builder: tfds builder, prepared.
        split: str. Such as `"test[:100]"`.
        decoders: Dict of tfds decoders by feature, or None.
    """
    if builder.info.file_format is tfds.core.FileFormat.ARRAY_RECORD:
        # It has no reader for `tf.data`.
        return iter(builder.as_data_source(split=split, decoders=decoders))
    return open_rows(builder, split, decoders).as_numpy_iterator()


def open_rows(builder, split, decoders=None):
    """Return a split's rows as a `tf.data.Dataset`; see `read_rows`."""
    # File after file: then the order does not depend on how many there are.
    config = tfds.ReadConfig(interleave_cycle_length=1)
    return builder.as_dataset(
        split=split, shuffle_files=False, decoders=decoders, read_config=config
    )
