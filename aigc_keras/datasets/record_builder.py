"""What the tfds builders of this package have in common: where examples are made."""

import itertools

import joblib
import tensorflow_datasets as tfds
from joblib.externals.loky.process_executor import BrokenProcessPool

from aigc_keras.datasets.errors import DatasetError, ImageError
from aigc_keras.datasets.faults import FaultReport

MAX_FAULTY = 0.05
# Fewer examples are made here: processes of their own take seconds to start.
FEWEST_FOR_PROCESSES = 20_000
# Examples that are under way at once. They bound the memory.
WAVE = 1_024
# Examples that a process makes in one go.
CHUNK = 32
EXAMPLES_BETWEEN_CALLS = 64


class RecordBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A tfds builder that makes its examples one by one, wherever there is room.

    They are made in this process, in several processes of this machine, or, where
    `tfds.download.DownloadConfig` names a runner or options of Apache Beam, by that.
    The records are the same, to the byte and in the same order.

    A subclass returns `self._make_examples(items, make)` for each split. `make`, a
    function of a module (it travels to other processes), takes an item and returns
    `(key, example)`, or None where there is nothing to make, or raises `ImageError` for
    what is faulty. More than 5% of that stop the preparation.

    Args:
        processes: int, or None for one a core. Processes that make examples.
        **kwargs: Passed to tfds.

    Attributes:
        on_example: Function `(done, total)` called now and then, for progress; or None.
    """

    def __init__(self, *, processes=None, **kwargs):
        self._processes = processes or joblib.cpu_count()
        self._through_beam = False
        self.on_example = None
        self._done = self._total = 0
        super().__init__(**kwargs)

    def download_and_prepare(self, *, download_config=None, **kwargs):
        """As tfds's own, which says what the arguments are."""
        self._done = self._total = 0
        self._through_beam = download_config is not None and bool(
            download_config.beam_runner or download_config.beam_options
        )
        super().download_and_prepare(download_config=download_config, **kwargs)

    def _make_examples(self, items, make, name_of=str):
        """Return a split's examples, as tfds takes them.

        Args:
            items: Sequence. What each example is made from.
            make: Function from an item to `(key, example)`, see the class.
            name_of: Function from an item to what a message calls it.
        """
        if self._through_beam:
            # Imported late: Beam is an extra.
            from aigc_keras.datasets.beam_transform import make_through_beam

            return make_through_beam(items, make)
        self._total += len(items)
        return self._yield_examples(items, make, name_of)

    def _yield_examples(self, items, make, name_of):
        report = FaultReport()
        for item, made in zip(items, self._map(make, items), strict=True):
            report.num_images += 1
            self._done += 1
            if self.on_example and self._done % EXAMPLES_BETWEEN_CALLS == 0:
                self.on_example(self._done, self._total)
            if isinstance(made, ImageError):
                report.add(name_of(item), made.reason, str(made))
            elif made is not None:
                yield made
        report.check(self.name, MAX_FAULTY)

    def _map(self, make, items):
        if self._processes == 1 or len(items) < FEWEST_FOR_PROCESSES:
            for item in items:
                yield _make_one(make, item)
            return
        try:
            with joblib.Parallel(self._processes) as parallel:
                for start in range(0, len(items), WAVE):
                    wave = items[start : start + WAVE]
                    made = parallel(
                        joblib.delayed(_make_some)(make, wave[i : i + CHUNK])
                        for i in range(0, len(wave), CHUNK)
                    )
                    yield from itertools.chain.from_iterable(made)
        except BrokenProcessPool as error:
            raise DatasetError(
                "Every process that makes examples must live to the end; with less "
                "memory take fewer (--processes 1). Received: one that was killed"
            ) from error

    def _process_pipeline_result(self, pipeline_result):
        from aigc_keras.datasets.beam_transform import read_report

        read_report(pipeline_result).check(self.name, MAX_FAULTY)


def _make_some(make, items):
    return [_make_one(make, item) for item in items]


def _make_one(make, item):
    try:
        return make(item)
    except ImageError as error:
        return error
