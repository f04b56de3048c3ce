"""Opened data sets: what they hold, and a way through their elements."""

import contextlib
import dataclasses
import functools
import sys
import typing
from collections.abc import Callable

import tensorflow as tf
import tensorflow_datasets as tfds

from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.folder_builder import fingerprint
from aigc_keras.datasets.prepared import Element
from aigc_keras.datasets.record_builder import RecordBuilder
from aigc_keras.datasets.record_reading import open_rows, read_rows
from aigc_keras.progress import progress_bar


@dataclasses.dataclass(frozen=True)
class Options:
    """What a user may say about a source.

    Args:
        data_dir: Path or None. The user's own folder, or tfds's own.
        prepared_dir: Path. Where data sets of this package are prepared.
        font: Path or None. The font of `noto_emoji`.
        caption_feature: str or None. Feature of a tfds data set that holds captions; a
            slash leads into nested features.
        image_feature: str or None. Feature of a tfds data set that holds images.
    """

    data_dir: str | None = None
    prepared_dir: str = "data"
    font: str | None = None
    caption_feature: str | None = None
    image_feature: str | None = None


class FolderSource:
    """A local folder, read file by file.

    Args:
        name: str. Name of the data set.
        splits: Dict from split name to a list of `Element` with paths.
        class_names: List of str, or None.
        folder: Path of the folder.
    """

    licence = "your own"
    citation = ""

    def __init__(self, name, splits, class_names, folder):
        self.name = name
        self.class_names = class_names
        self.description = f"The pictures of {folder}."
        self._splits = splits

    @property
    def splits(self):
        """Dict from split name to the number of pictures."""
        return {split: len(items) for split, items in self._splits.items()}

    @functools.cached_property
    def key(self):
        """What tells this folder, as it is now, from every other."""
        return fingerprint(self._splits)

    def elements(self, split):
        """Yield `Element`s of a split, such as `"train"` or `"train[:10]"`."""
        spec = tfds.core.ReadInstruction.from_spec(split)
        sizes = {name: _Size(number) for name, number in self.splits.items()}
        for part in spec.to_absolute(sizes):
            yield from self._splits[part.splitname][part.from_ : part.to]


class _Size(typing.NamedTuple):
    """What tfds wants to know of a split."""

    num_examples: int


class TfdsSource:
    """A tfds data set, prepared when it is first read.

    Args:
        name: str. Name of the data set and its configuration.
        builder: tfds builder.
        write_captions: Function from an element, a dict of plain values, and the class
            names to a list of str.
        text_feature: str or None. What `write_captions` reads beside the label; a slash
            leads into nested features.
        image_feature: str. Name of the image feature.
        label_feature: str or None. Name of the class label, or of what `read_label`
            reads.
        class_names: List of str, or None.
        read_label: Function from an element to an int; default: `label_feature` itself.
    """

    def __init__(
        self,
        name,
        builder,
        write_captions: Callable,
        text_feature=None,
        image_feature="image",
        label_feature=None,
        class_names=None,
        read_label: Callable | None = None,
    ):
        self.name = name
        self.builder = builder
        self.text_feature = text_feature
        self.image_feature = image_feature
        self.label_feature = label_feature
        self.class_names = class_names
        self._write_captions = write_captions
        self._read_label = read_label or (lambda element: int(element[label_feature]))

    @property
    def description(self):
        """The data set's own description."""
        return " ".join(self.builder.info.description.split())

    @property
    def licence(self):
        """The data set's licence, where tfds knows it."""
        return self.builder.info.redistribution_info.license or "see its home page"

    @property
    def citation(self):
        """BibTeX, or an empty string."""
        return self.builder.info.citation

    @property
    def splits(self):
        """Dict from split name to the number of pictures."""
        self.prepare()
        return {k: info.num_examples for k, info in self.builder.info.splits.items()}

    @property
    def key(self):
        """What tells these records, and their order, from all others."""
        info = self.builder.info
        files = {name: part.shard_lengths for name, part in info.splits.items()}
        return f"{info.full_name} {self.builder.data_path} {info.file_format} {files}"

    def prepare(self, config=None):
        """Download and prepare the data unless they lie there already.

        Args:
            config: `tfds.download.DownloadConfig`, or None.

        Raises:
            DatasetError: If they cannot be written.
        """
        tfds.disable_progress_bar()
        title = f"{self.name} is written"
        folder, written = self.builder.data_path, self.builder.data_path.exists()
        try:
            # tfds announces itself on stdout, which is for the caller's own output.
            with contextlib.redirect_stdout(sys.stderr), progress_bar(title) as update:
                if isinstance(self.builder, RecordBuilder):
                    self.builder.on_example = update
                self.builder.download_and_prepare(download_config=config)
        except OSError as error:
            beam = config is not None and config.beam_runner
            raise DatasetError(
                "Data must be prepared in a folder that can be written and has room"
                f"{', by a runner that Beam can start' if beam else ''}. "
                f"Received: {folder} ({error})"
            ) from error
        if written and not self.builder.info.splits:
            raise DatasetError(
                "A folder of prepared data must be whole; delete it, so that it is "
                f"prepared anew. Received: {folder}"
            )

    def elements(self, split):
        """Yield `Element`s of a split, such as `"train"` or `"train[:10]"`."""
        self.prepare()
        for index, element in enumerate(self._read(split)):
            label = -1
            if self.label_feature is not None:
                label = self._read_label(element)
            yield Element(
                f"{split}/{index}",
                element[self.image_feature],
                self._write_captions(element, self.class_names),
                label,
            )

    def _read(self, split):
        if self.builder.info.file_format is tfds.core.FileFormat.ARRAY_RECORD:
            # Its reader knows no partial rows.
            skip = {self.image_feature: tfds.decode.SkipDecoding()}
            return read_rows(self.builder, split, skip)
        data = open_rows(self.builder, split, self._decoders())
        return _iterate(data, self.image_feature)

    def _decoders(self):
        """Read what is needed and no more; pictures as the bytes of their files."""
        features = {self.image_feature: True}
        if self.label_feature is not None:
            features[self.label_feature] = True
        if self.text_feature is not None:
            path, needed = self.text_feature, True
            if path not in self.builder.info.features:
                *parents, last = path.split("/")
                needed = {last: True}
                for parent in reversed(parents[1:]):
                    needed = {parent: needed}
                path = parents[0]
            features[path] = needed
        skip = {self.image_feature: tfds.decode.SkipDecoding()}
        return tfds.decode.PartialDecoding(features, skip)


def _iterate(data, image_feature):
    """Yield a data set's elements as Python values, many times faster than singly."""
    for batch in data.ragged_batch(256):
        columns = _columns(batch)
        for row in range(len(columns[image_feature])):
            yield _row(columns, row)


def _columns(batch):
    """Return nested dicts of sequences, one entry a row."""
    if isinstance(batch, dict):
        return {name: _columns(value) for name, value in batch.items()}
    return batch.to_list() if isinstance(batch, tf.RaggedTensor) else batch.numpy()


def _row(columns, row):
    return {
        name: _row(value, row) if isinstance(value, dict) else value[row]
        for name, value in columns.items()
    }


def caption_reader(path):
    """Return a function that reads captions from an element.

    Args:
        path: str. The feature; a slash leads into nested features.
    """

    def read(element, class_names):
        del class_names
        value = element
        for key in path.split("/") if path not in element else [path]:
            value = value[key]
        values = [value] if isinstance(value, bytes) else value
        return [text.decode("utf-8", "replace") for text in values]

    return read
