"""Writes a data set as sharded records, made by many and read by many."""

import contextlib
import dataclasses
import io
import shlex

import tensorflow_datasets as tfds

from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.registry import make_builder
from aigc_keras.datasets.sources import Options, TfdsSource

FILE_FORMATS = ("tfrecord", "array_record")


@dataclasses.dataclass(frozen=True)
class Records:
    """A data set that is written.

    Args:
        path: str. Its folder; `load_dataset` and `--dataset` take it as a name.
        file_format: str. One of `FILE_FORMATS`.
        splits: Dict from split name to `{"examples", "shards", "bytes"}`.
    """

    path: str
    file_format: str
    splits: dict


def build_records(
    name,
    options=None,
    *,
    file_format="tfrecord",
    num_shards=None,
    processes=None,
    beam_runner=None,
    beam_options=None,
):
    """Write a data set as sharded records, unless it lies there already.

    The data sets of this package are made in a pool of processes, or by Apache Beam
    where a runner or its options are given; other tfds data sets as their own builder
    does it.

    Args:
        name: str. A data set, see `open_source`.
        options: `Options`.
        file_format: str. `"tfrecord"` or `"array_record"`.
        num_shards: int. Files a split; default: by size, 64 MB to 1 GB each.
        processes: int. Processes of the pool; default: one a core.
        beam_runner: str. Such as `"DirectRunner"`, `"FlinkRunner"` or
            `"DataflowRunner"`. Needs the extra `beam`.
        beam_options: str. Beam's own flags, as on a command line.

    Returns:
        `Records`.

    Raises:
        DatasetError: If there is no such data set, it lies there in another format, it
            cannot be written, too many pictures are faulty, or Beam is missing.
    """
    if file_format not in FILE_FORMATS:
        raise DatasetError(
            f"`file_format` (--file-format) must be one of {list(FILE_FORMATS)}. "
            f"Received: {file_format!r}"
        )
    for argument, number in (("num_shards", num_shards), ("processes", processes)):
        if number is not None and number < 1:
            raise DatasetError(
                f"`{argument}` (--{argument.replace('_', '-')}) must be at least 1. "
                f"Received: {number}"
            )
    config = tfds.download.DownloadConfig(num_shards=num_shards)
    if beam_runner or beam_options:
        beam_runner = beam_runner or "DirectRunner"
        config = config.replace(
            beam_runner=beam_runner,
            beam_options=_parse_beam_options(beam_runner, beam_options or ""),
        )
    options = options or Options()
    _check_format(make_builder(name, options), file_format)
    builder = make_builder(name, options, file_format=file_format, processes=processes)
    TfdsSource(name, builder, write_captions=None).prepare(config)
    splits = {
        split: {
            "examples": part.num_examples,
            "shards": part.num_shards,
            "bytes": int(part.num_bytes),
        }
        for split, part in builder.info.splits.items()
    }
    return Records(str(builder.data_path), file_format, splits)


def _check_format(builder, file_format):
    """Refuse another format than that of what is written already."""
    written = builder.info.file_format.value
    if builder.data_path.exists() and written != file_format:
        raise DatasetError(
            f"`file_format` (--file-format) must be {written!r}, as it is written "
            f"already; for another delete {builder.data_path}. "
            f"Received: {file_format!r}"
        )


def _parse_beam_options(runner, text):
    try:
        from apache_beam.options.pipeline_options import PipelineOptions
        from apache_beam.runners.runner import create_runner
    except ImportError as error:
        raise DatasetError(
            "`--beam-runner` needs Apache Beam: pip install 'aigc_keras[beam]'. "
            f"Received: {error}"
        ) from error
    try:
        create_runner(runner)
    except (ValueError, ImportError, AttributeError) as error:
        raise DatasetError(
            "`beam_runner` (--beam-runner) must be a runner of Apache Beam, such as "
            f"DirectRunner or FlinkRunner. Received: {runner!r}"
        ) from error
    try:
        # argparse says on stderr what is wrong, and would end the process.
        with contextlib.redirect_stderr(io.StringIO()) as said:
            options = PipelineOptions(shlex.split(text))
            options.get_all_options()
    except (SystemExit, ValueError) as error:
        reason = (said.getvalue().strip() or str(error)).splitlines()[-1]
        raise DatasetError(
            "`beam_options` (--beam-options) must be flags of Apache Beam. Received: "
            f"{text!r} ({reason})"
        ) from error
    return options
