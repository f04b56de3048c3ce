"""The newest whole version of a served model, found anew while requests run."""

import logging
import pathlib
import threading

import tensorflow as tf

from aigc_keras.serving.batching import Batcher, BatcherClosed

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
            name: Batcher(_caller(signature), **queue_settings)
            for name, signature in self.signatures.items()
        }

    def kinds(self, name):
        """Return the inputs of a signature, a dict from name to dtype's name."""
        asked = self.signatures[name].structured_input_signature[1]
        return {key: spec.dtype.name for key, spec in asked.items()}

    def submit(self, name, columns):
        """Hand in a request to a signature; see `Batcher.submit`."""
        return self._batchers[name].submit(columns)

    def close(self):
        """Answer what waits, then end."""
        for batcher in self._batchers.values():
            batcher.close()


def _caller(signature):
    asked = signature.structured_input_signature[1]

    def call(columns):
        given = {key: tf.constant(columns[key], asked[key].dtype) for key in asked}
        return {key: value.numpy() for key, value in signature(**given).items()}

    return call


class ServedVersions:
    """A model's folder, of which the newest version that can be loaded is served.

    A new version is loaded beside the old one and takes over when it is ready; one that
    cannot be loaded is left out, and the old one stays.

    Args:
        folder: Path; versions are its subfolders with a number for a name.
        poll_seconds: float. How often the folder is looked at.
        **queue_settings: Passed to `Batcher`.

    Raises:
        FileNotFoundError: If no version can be served.
    """

    def __init__(self, folder, poll_seconds=1.0, **queue_settings):
        self.folder = pathlib.Path(folder)
        self.current = None
        self.failed = {}
        self._queue_settings = queue_settings
        self._ended = threading.Event()
        self.look()
        if self.current is None:
            reasons = "; ".join(self.failed.values()) or "no version in it"
            raise FileNotFoundError(
                "A model's folder must hold a version such as 1/saved_model.pb; make "
                f"one with `aigc-keras export`. Received: {folder} ({reasons})"
            )
        self._thread = threading.Thread(
            target=self._watch, args=(poll_seconds,), daemon=True
        )
        self._thread.start()

    def look(self):
        """Serve the newest version that can be loaded, if it is another one."""
        for number in sorted(self._numbers(), reverse=True):
            if self.current is not None and number == self.current.number:
                return
            if number in self.failed:
                continue
            try:
                folder = self.folder / str(number)
                loaded = LoadedVersion(folder, **self._queue_settings)
            except Exception as error:
                self.failed[number] = (
                    f"version {number}: {' '.join(str(error).split())}"
                )
                logger.warning("Not served: %s", self.failed[number])
                continue
            old, self.current = self.current, loaded
            if old is not None:
                old.close()
            return

    def submit(self, name, columns):
        """Hand in a request to the current version; see `Batcher.submit`."""
        while True:
            version = self.current
            try:
                return version.submit(name, columns)
            except BatcherClosed:
                # Another took over between the two lines above.
                if version is self.current:
                    raise

    def close(self):
        """Answer what waits, then end."""
        self._ended.set()
        self._thread.join()
        self.current.close()

    def _numbers(self):
        if not self.folder.is_dir():
            return []
        return [
            int(path.name)
            for path in self.folder.iterdir()
            if path.name.isdigit() and (path / "saved_model.pb").is_file()
        ]

    def _watch(self, poll_seconds):
        while not self._ended.wait(poll_seconds):
            self.look()
