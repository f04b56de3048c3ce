"""The versions of a served model, found anew while requests run."""

import itertools
import logging
import pathlib
import threading

import tensorflow as tf

from aigc_keras.serving.batching import Batcher, BatcherClosed
from aigc_keras.serving.registry import (
    CANARY,
    STABLE,
    RegistryError,
    read_labels,
    version_numbers,
)

logger = logging.getLogger(__name__)


class LoadedVersion:
    """One version's signatures, each with a queue of its own.

    Args:
        folder: Path of the version, its name a number.
        **queue_settings: Passed to `Batcher`.
    """

    def __init__(self, folder, **queue_settings):
        self.number = int(folder.name)
        self.model = tf.saved_model.load(str(folder))
        self.signatures = self.model.signatures
        self._batchers = {
            name: Batcher(self.caller(name), **queue_settings)
            for name in self.signatures
        }

    def kinds(self, name):
        """Return the inputs of a signature, a dict from name to dtype's name."""
        asked = self.signatures[name].structured_input_signature[1]
        return {key: spec.dtype.name for key, spec in asked.items()}

    def caller(self, name):
        """Return a signature as a function from lists to arrays; see `Batcher`."""
        signature = self.signatures[name]
        asked = signature.structured_input_signature[1]

        def call(columns):
            given = {key: tf.constant(columns[key], asked[key].dtype) for key in asked}
            return {key: value.numpy() for key, value in signature(**given).items()}

        return call

    def submit(self, name, columns):
        """Hand in a request to a signature; see `Batcher.submit`."""
        return self._batchers[name].submit(columns)

    def close(self):
        """Answer what waits, then end."""
        for batcher in self._batchers.values():
            batcher.close()


class ServedVersions:
    """A model's folder, of which the labelled versions, or the newest, are served.

    Before the first `aigc-keras models promote` the newest version that can be loaded
    is served; after it those with a label are. A new version is loaded beside the old
    one and takes over when it is ready; one that cannot be loaded is left out, and the
    old one stays.

    Args:
        folder: Path; versions are its subfolders with a number for a name.
        poll_seconds: float. How often the folder is looked at.
        **queue_settings: Passed to `Batcher`.

    Raises:
        FileNotFoundError: If no version can be served.
    """

    def __init__(self, folder, poll_seconds=1.0, **queue_settings):
        self.folder = pathlib.Path(folder)
        self.loaded = {}
        self.labels = {}
        self.failed = {}
        self._queue_settings = queue_settings
        self._ended = threading.Event()
        self._warned = None
        self.look()
        if not self.loaded:
            reasons = "; ".join(self.failed.values()) or "no version in it"
            raise FileNotFoundError(
                "A model's folder must hold a version such as 1/saved_model.pb; make "
                f"one with `aigc-keras export`. Received: {folder} ({reasons})"
            )
        self._thread = threading.Thread(
            target=self._watch, args=(poll_seconds,), daemon=True
        )
        self._thread.start()

    @property
    def current(self):
        """The `LoadedVersion` that answers where none is named: stable, or newest."""
        return self.find() or self.loaded[max(self.loaded)]

    def find(self, version=None, label=None):
        """Return a served version.

        Args:
            version: str, a number, or None.
            label: str, or None: without a version, the stable one, or the newest.

        Returns:
            `LoadedVersion`, or None where it is not served.
        """
        loaded = self.loaded
        if version is not None:
            return loaded.get(int(version)) if version.isdecimal() else None
        if label is not None:
            return loaded.get(self.labels.get(label))
        number = self.labels.get(STABLE)
        if number is None:
            # A canary answers only those who ask for it, where there is another.
            canary = self.labels.get(CANARY)
            number = max(loaded, key=lambda one: (one != canary, one))
        return loaded.get(number)

    def look(self):
        """Serve what the labels say, or the newest version that can be loaded."""
        try:
            asked = read_labels(self.folder)
        except RegistryError as error:
            self._warn_once(f"Labels stay as they were: {error}")
            asked = self.labels
        # A label that went to a version that is not whole stays where it was.
        labels = {
            label: number if self._load(number) else self.labels.get(label)
            for label, number in asked.items()
        }
        labels = {label: number for label, number in labels.items() if number}
        wanted = set(labels.values())
        if STABLE not in labels:
            newest = (
                number
                for number in sorted(version_numbers(self.folder), reverse=True)
                if number not in wanted and self._load(number)
            )
            wanted |= set(itertools.islice(newest, 1))
        if not wanted:
            return
        gone = [one for number, one in self.loaded.items() if number not in wanted]
        self.labels = labels
        self.loaded = {n: one for n, one in self.loaded.items() if n in wanted}
        for version in gone:
            version.close()

    def _load(self, number):
        """Return whether a version is loaded, after an attempt where it is not."""
        if number in self.loaded:
            return True
        if number in self.failed:
            return False
        try:
            version = LoadedVersion(self.folder / str(number), **self._queue_settings)
        except Exception as error:
            self.failed[number] = f"version {number}: {' '.join(str(error).split())}"
            logger.warning("Not served: %s", self.failed[number])
            return False
        self.loaded = {**self.loaded, number: version}
        return True

    def submit(self, name, columns, version=None, label=None):
        """Hand in a request to a version, see `find`; see `Batcher.submit`."""
        while True:
            found = self.find(version, label) or self.current
            try:
                return found.submit(name, columns)
            except BatcherClosed:
                # Another took over between the two lines above.
                if found is (self.find(version, label) or self.current):
                    raise

    def close(self):
        """Answer what waits, then end."""
        self._ended.set()
        self._thread.join()
        for version in self.loaded.values():
            version.close()

    def _watch(self, poll_seconds):
        while not self._ended.wait(poll_seconds):
            try:
                self.look()
            except Exception as error:
                # A disk that fails now and then must not end the looking for good.
                self._warn_once(f"Versions stay as they were: {error}")

    def _warn_once(self, text):
        # A look a second would fill a disk with one sentence.
        if text != self._warned:
            logger.warning("%s", text)
        self._warned = text
