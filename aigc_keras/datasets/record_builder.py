"""What the tfds builders of this package have in common: where examples are made."""

import collections

import loky
import tensorflow_datasets as tfds

from aigc_keras.datasets.errors import DatasetError, ImageError
from aigc_keras.datasets.faults import MAX_FAULTY, FaultReport

# Fewer examples are made here, unless processes are asked for: they take seconds to
# start.
FEWEST_FOR_PROCESSES = 20_000
# Examples that a process makes in one go. Twice as many as that, a process, are under
# way or wait to be written: they bound the memory.
CHUNK = 8
EXAMPLES_BETWEEN_CALLS = 64
# So long processes wait for the next data set.
IDLE_SECONDS = 10


class RecordBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A tfds builder that makes its examples one by one, wherever there is room.

    They are made in this process, in several processes of this machine, or, where
    `tfds.download.DownloadConfig` names a runner or options of Apache Beam, by that.
    The records are the same, to the byte.

    A subclass returns `self._make_examples(items, make)` for each split. `make`, a
    function of a module (it travels to other processes), takes an item and returns
    `(key, example)`, or None where there is nothing to make, or raises `ImageError` for
    what is faulty. More than 5% of that in a split stop the preparation.

    Args:
        processes: int, or None for one a core where examples are many. Processes that
            make examples.
        **kwargs: Passed to tfds.

    Attributes:
        on_example: Function `(done, total)` called now and then, for progress; or None.
    """

    def __init__(self, *, processes=None, **kwargs):
        self._processes = processes
        self.on_example = None
        self._start(None)
        super().__init__(**kwargs)

    def download_and_prepare(self, *, download_config=None, **kwargs):
        """As tfds's own, which says what the arguments are.

        Raises:
            DatasetError: If too many pictures are faulty, a split has fewer examples
                than files are asked for, or a process is killed.
        """
        self._start(download_config)
        super().download_and_prepare(download_config=download_config, **kwargs)

    def _start(self, config):
        self._through_beam = bool(
            config and (config.beam_runner or config.beam_options)
        )
        self._num_shards = (config and config.num_shards) or 1
        self._done = self._total = 0
        # How many items each split has that Beam is given.
        self._given_to_beam = []

    def _make_examples(self, items, make, name_of=str):
        """Return a split's examples, as tfds takes them.

        Args:
            items: Sequence. What each example is made from.
            make: Function from an item to `(key, example)`, see the class.
            name_of: Function from an item to what a message calls it.
        """
        if len(items) < self._num_shards:
            raise DatasetError(
                "Every split must have an example a file (--num-shards). Received: "
                f"{self._num_shards} files for {len(items)} examples"
            )
        if self._through_beam:
            # Imported late: Beam is an extra.
            from aigc_keras.datasets.beam_transform import make_through_beam

            self._given_to_beam.append(len(items))
            return make_through_beam(items, make, len(self._given_to_beam))
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
        few = self._processes is None and len(items) < FEWEST_FOR_PROCESSES
        processes = self._processes or loky.cpu_count()
        if few or processes == 1:
            return (_make_one(make, item) for item in items)
        return _map_in_pool(processes, make, items)

    def _process_pipeline_result(self, pipeline_result):
        from aigc_keras.datasets.beam_transform import read_report

        for split, number in enumerate(self._given_to_beam, 1):
            report = read_report(pipeline_result, split)
            if report.num_images < number:
                raise DatasetError(
                    "A runner of Apache Beam must tell how many pictures it has looked "
                    f"at. Received: {report.num_images} of {number} in {self.name}"
                )
            report.check(self.name, MAX_FAULTY)


def _map_in_pool(processes, make, items):
    """Yield what `make` gives for each item, in their order."""
    # Of loky, because it survives a killed worker and a script without a main guard.
    pool = loky.get_reusable_executor(max_workers=processes, timeout=IDLE_SECONDS)
    window = collections.deque()
    try:
        for start in range(0, len(items), CHUNK):
            chunk = items[start : start + CHUNK]
            window.append(pool.submit(_make_some, make, chunk))
            if len(window) > 2 * processes:
                yield from window.popleft().result()
        while window:
            yield from window.popleft().result()
    except loky.BrokenProcessPool as error:
        raise DatasetError(
            "Every process that makes examples must live to the end; where memory is "
            "short take fewer (--processes 1). Received: one that was killed"
        ) from error
    finally:
        for chunk in window:
            chunk.cancel()


def _make_some(make, items):
    return [_make_one(make, item) for item in items]


def _make_one(make, item):
    try:
        return make(item)
    except ImageError as error:
        return error
