"""Writes a data set as sharded records, made by many and read by many."""

import contextlib
import dataclasses
import io
import logging
import shlex

import tensorflow_datasets as tfds

from aigc_keras.datasets.builders import make_builder
from aigc_keras.datasets.errors import DatasetError
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
        beam_runner, beam_options = _parse_beam(beam_runner, beam_options or "")
        config = config.replace(beam_runner=beam_runner, beam_options=beam_options)
    options = options or Options()
    builder = make_builder(name, options, processes=processes)
    if builder.data_path.exists():
        _check_written(builder, file_format, num_shards)
    elif file_format != builder.info.file_format.value:
        builder = make_builder(
            name, options, file_format=file_format, processes=processes
        )
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


def _check_written(builder, file_format, num_shards):
    """Refuse another format or number of files than what is written already has."""
    info, kept = builder.info, f"delete {builder.data_path} first"
    if info.file_format.value != file_format:
        raise DatasetError(
            f"`file_format` (--file-format) must be {info.file_format.value!r}, as it "
            f"is written already; for another {kept}. Received: {file_format!r}"
        )
    files = sorted({part.num_shards for part in info.splits.values()})
    if num_shards is not None and files not in ([], [num_shards]):
        raise DatasetError(
            f"`num_shards` (--num-shards) must be that of the files which are written "
            f"already, {files}; for another {kept}. Received: {num_shards}"
        )


def _parse_beam(runner, text):
    """Return Beam's runner and its options, checked."""
    try:
        # Beam warns of parts that are not installed and that nobody asked for.
        logging.disable(logging.WARNING)
        from apache_beam.options import pipeline_options
        from apache_beam.runners.runner import create_runner
    except ImportError as error:
        raise DatasetError(
            "`--beam-runner` needs Apache Beam: pip install 'aigc_keras[beam]'. "
            f"Received: {error}"
        ) from error
    finally:
        logging.disable(logging.NOTSET)
    try:
        # argparse says on stderr what is wrong, and would end the process.
        with contextlib.redirect_stderr(io.StringIO()) as said:
            options = pipeline_options.PipelineOptions(shlex.split(text))
            options.get_all_options(display_warnings=True)
    except (SystemExit, ValueError) as error:
        reason = (said.getvalue().strip() or str(error)).splitlines()[-1]
        raise DatasetError(
            "`beam_options` (--beam-options) must be flags of Apache Beam. Received: "
            f"{text!r} ({reason})"
        ) from error
    named = options.view_as(pipeline_options.StandardOptions).runner
    if runner and named and named != runner:
        raise DatasetError(
            "`beam_runner` (--beam-runner) must be the one in `beam_options`, or not "
            f"be given. Received: {runner!r} and {named!r}"
        )
    runner = runner or named or "DirectRunner"
    try:
        create_runner(runner)
    except (ValueError, ImportError, AttributeError) as error:
        raise DatasetError(
            "`beam_runner` (--beam-runner) must be a runner of Apache Beam, such as "
            f"DirectRunner or FlinkRunner. Received: {runner!r} "
            f"({' '.join(str(error).split())})"
        ) from error
    return runner, options
