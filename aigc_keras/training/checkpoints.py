"""Checkpoints that appear whole or not at all, and are verified before they are read.

A checkpoint is a folder `step_*` of weights and their checksum, and of an empty file
where its noise has been standardized.
"""

import hashlib
import json
import os
import pathlib
import shutil
import warnings

from aigc_keras.models.saving import replace_folder

KEPT = 2
WEIGHTS_FILE = "model.weights.h5"
CHECKSUM_FILE = "checksum.json"
BEST_FILE = "best.json"
STANDARD_FILE = "noise_is_standard"
CHUNK = 1 << 20


class Checkpoints:
    """The checkpoints of a run: the last two, and the best where one was measured.

    Args:
        path: Path of their folder.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def steps(self):
        """Return the steps that have a checkpoint, in order; none is opened."""
        return sorted(
            int(folder.name.removeprefix("step_"))
            for folder in self.path.glob("step_*")
            if (folder / WEIGHTS_FILE).is_file()
        )

    def weights_path(self, step):
        """Return the path of a checkpoint's weights."""
        return self.path / f"step_{step:08d}" / WEIGHTS_FILE

    def save(self, gan, step, standard_noise=False):
        """Write all weights and optimizers of a model, and drop what is not kept.

        Args:
            gan: `TextToImageGAN`.
            step: int. Steps done.
            standard_noise: bool. Whether its noise has been standardized.

        Raises:
            OSError: If it cannot be written; those before stay as they are.
        """
        folder = self.weights_path(step).parent
        staging = folder.with_name(f".{folder.name}.staging")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        try:
            weights = staging / WEIGHTS_FILE
            gan.save_weights(weights)
            if standard_noise:
                (staging / STANDARD_FILE).touch()
            _write_checksum(weights)
            replace_folder(staging, folder)
            _to_disk(self.path)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        kept = {*self.steps()[-KEPT:], self.best()}
        for old in set(self.steps()) - kept:
            self._drop(old)

    def restore(self):
        """Put back what a killed process had moved aside to write it anew."""
        for old in self.path.glob(".step_*.old"):
            folder = old.with_name(old.name.removeprefix(".").removesuffix(".old"))
            if not folder.exists():
                os.replace(old, folder)

    def has_standard_noise(self, step):
        """Return whether a checkpoint's noise has been standardized."""
        return self.weights_path(step).with_name(STANDARD_FILE).is_file()

    def mark_best(self, step):
        """Keep a checkpoint until another one is better."""
        staging = self.path / f".{BEST_FILE}.staging"
        staging.write_text(json.dumps({"step": step}), encoding="utf-8")
        os.replace(staging, self.path / BEST_FILE)

    def best(self):
        """Return the step that `mark_best` was last given, or None."""
        try:
            text = (self.path / BEST_FILE).read_text(encoding="utf-8")
            return int(json.loads(text)["step"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def is_whole(self, step):
        """Return whether a checkpoint is as it was written.

        A run begun before there were checksums has none; its checkpoints are taken as
        they are.
        """
        weights = self.weights_path(step)
        if not weights.is_file():
            return False
        try:
            text = weights.with_name(CHECKSUM_FILE).read_text(encoding="utf-8")
            return json.loads(text) == describe(weights)
        except FileNotFoundError:
            return not any(self.path.glob(f"step_*/{CHECKSUM_FILE}"))
        except (OSError, ValueError):
            return False

    def newest(self):
        """Return the newest step whose checkpoint is whole, or None.

        A damaged one is passed over with a warning.
        """
        for step in reversed(self.steps()):
            if self.is_whole(step):
                return step
            warnings.warn(
                f"A checkpoint is damaged and passed over for the one before: "
                f"{self.weights_path(step).parent}",
                stacklevel=2,
            )
        return None

    def forget_after(self, step):
        """Drop what a killed run left: later checkpoints and half-written ones."""
        for staging in self.path.glob(".step_*"):
            shutil.rmtree(staging, ignore_errors=True)
        for folder in self.path.glob("step_*"):
            if int(folder.name.removeprefix("step_")) > step:
                shutil.rmtree(folder, ignore_errors=True)
        if (self.best() or 0) > step:
            (self.path / BEST_FILE).unlink(missing_ok=True)

    def _drop(self, step):
        shutil.rmtree(self.weights_path(step).parent, ignore_errors=True)


def describe(path):
    """Return the size and SHA-256 of a file, as a dict for JSON."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def _write_checksum(weights):
    _to_disk(weights)
    path = weights.with_name(CHECKSUM_FILE)
    path.write_text(json.dumps(describe(weights)), encoding="utf-8")
    _to_disk(path)
    _to_disk(path.parent)


def _to_disk(path):
    """Wait until a file or folder is on the disk, so that its name does not go first.

    What is not a checkpoint need not survive a loss of power.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
