"""Keras callbacks that write a run's folder. They count steps by the optimizer."""

import contextlib
import errno
import math
import signal
import time
import warnings

import keras
import numpy as np
import tensorflow as tf

from aigc_keras.datasets.pictures import tile_images, write_picture
from aigc_keras.models.presets import DEFAULT_PRESET
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.models.saving import CONFIG_FILE
from aigc_keras.training.config import RunError, TrainingConfig
from aigc_keras.training.run_folder import RunFolder
from aigc_keras.training.sample_captions import choose_captions
from aigc_keras.training.schedules import scheduled_learning_rate


class TrainingDiverged(RuntimeError):
    """A loss is no longer a number."""


class StepCallback(keras.callbacks.Callback):
    """Calls `on_step(step, logs)` with the number of steps done since the run began.

    A full disk ends the training with a `RunError`, or, where `when_disk_full` is
    `"continue"`, is reported and tried again the next time.
    """

    when_disk_full = "stop"

    def on_train_begin(self, logs=None):
        """Read where the optimizer stands."""
        self.step = int(self.model.optimizer.iterations.numpy())

    def on_train_batch_end(self, batch, logs=None):
        """Count one step."""
        self.step += 1
        self._work(self.on_step, {k: to_float(v) for k, v in (logs or {}).items()})

    def _work(self, write, logs):
        try:
            write(self.step, logs)
        except OSError as error:
            if not is_disk_full(error):
                raise
            text = f"The disk is full at step {self.step}, nothing was written"
            if self.when_disk_full != "continue":
                raise RunError(
                    f"{text}; the checkpoints before are kept, make room and run the "
                    f"same command. Received: {error}"
                ) from error
            warnings.warn(f"{text}; training goes on ({error})", stacklevel=2)

    def on_step(self, step, logs):
        """Do something after a step; for subclasses."""


def to_float(value):
    """Return a logged number; strategies over several machines log `(1,)` arrays."""
    return float(np.ravel(value)[0])


def is_disk_full(error):
    """Return whether an `OSError` says that there is no room; HDF5 says it in words."""
    full = (errno.ENOSPC, errno.EDQUOT)
    words = "No space left on device", "Disk quota exceeded"
    return error.errno in full or any(word in str(error) for word in words)


class LearningRate(StepCallback):
    """Sets both learning rates before each step; see `scheduled_learning_rate`.

    Args:
        generator_peak: float. The generator's highest rate.
        discriminator_peak: float. The discriminator's highest rate.
        steps: int. Steps of the whole run.
        schedule: str. A name in `LEARNING_RATE_SCHEDULES`.
    """

    def __init__(self, generator_peak, discriminator_peak, steps, schedule="linear"):
        super().__init__()
        self.schedule = schedule
        self.generator_peak = generator_peak
        self.discriminator_peak = discriminator_peak
        self.steps = steps

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rates of the coming step."""
        for optimizer, peak in (
            (self.model.optimizer, self.generator_peak),
            (self.model.discriminator_optimizer, self.discriminator_peak),
        ):
            rate = scheduled_learning_rate(peak, self.step, self.steps, self.schedule)
            optimizer.learning_rate.assign(rate)


class MetricsLog(StepCallback):
    """Writes the losses' means since the last line, and stops when one is not finite.

    Args:
        run: `RunFolder`; None writes nothing, for all processes but the first.
        every: int. Steps between lines.

    Raises:
        TrainingDiverged: From `fit`, naming the losses that are not finite.
    """

    def __init__(self, run, every):
        super().__init__()
        self.run = run
        self.every = every

    def on_train_begin(self, logs=None):
        """Open the TensorBoard events."""
        super().on_train_begin(logs)
        self.writer = tf.summary.create_noop_writer()
        if self.run is not None:
            self.writer = tf.summary.create_file_writer(str(self.run.events_path))
        self.started, self.images = time.monotonic(), 0

    def on_step(self, step, logs):
        """Write a line when it is time."""
        if step % self.every:
            return
        self.model.reset_metrics()
        bad = sorted(name for name, value in logs.items() if not math.isfinite(value))
        if bad:
            raise TrainingDiverged(
                f"Training stopped at step {step}: {', '.join(bad)} is not finite. "
                "The last good checkpoint is kept; try smaller learning rates."
            )
        if self.run is None:
            return
        self.run.append_metrics({"step": step, **logs})
        with self.writer.as_default(step):
            for name, value in logs.items():
                tf.summary.scalar(name, value)
            rate = float(self.model.optimizer.learning_rate.numpy())
            tf.summary.scalar("learning_rate", rate)

    def on_train_end(self, logs=None):
        """Close the TensorBoard events."""
        self.writer.close()


class SampleGrid(StepCallback):
    """Draws the same captions with the same noise, at intervals and at the end.

    Args:
        run: `RunFolder`.
        captions: List of str, one row of the grid each, or None: some of the data
            set's own.
        every: int. Steps between grids.
        columns: int. Pictures a caption.
    """

    def __init__(self, run, captions, every, columns=6):
        super().__init__()
        self.run = run
        self.captions = captions
        self.every = every
        self.columns = columns
        self._written_step = None

    def on_train_begin(self, logs=None):
        """Encode the captions once and note them beside the grids."""
        super().on_train_begin(logs)
        if self.captions is None:
            self.captions = choose_captions(self.model.training_data)
        vectors = self.model.text_encoder.encode(self.captions)["text_embedding"]
        self._vectors = np.repeat(vectors, self.columns, axis=0)
        dim = self.model.generator.noise_dim
        noise = np.stack([noise_from_seed(seed, dim) for seed in range(self.columns)])
        self._noise = np.tile(noise, (len(self.captions), 1))
        path = self.run.samples_path / "captions.txt"
        path.write_text("\n".join(self.captions) + "\n", encoding="utf-8")

    def on_step(self, step, logs):
        """Draw a grid when it is time."""
        if step % self.every == 0:
            self.write(step)

    def on_train_end(self, logs=None):
        """Draw what the last step can."""
        if self._written_step != self.step:
            self._work(lambda step, logs: self.write(step), {})

    def write(self, step):
        """Draw the grid of a step."""
        images = self.model.draw(self._vectors, self._noise)
        grid = tile_images(images, self.columns)
        path = self.run.samples_path / f"step_{step:08d}.png"
        write_picture(images, path, self.columns)
        writer = tf.summary.create_file_writer(str(self.run.events_path))
        with writer.as_default(step):
            tf.summary.image("samples", grid[None])
        writer.close()
        self._written_step = step


class Checkpoint(StepCallback):
    """Saves everything a resumed run needs, at intervals and at the end.

    Args:
        run: `RunFolder`.
        every: int. Steps between checkpoints.
        interrupt: `Interrupt` that asks for a last checkpoint, or None.
    """

    def __init__(self, run, every, interrupt=None):
        super().__init__()
        self.run = run
        self.every = every
        self.interrupt = interrupt
        self._saved_step = None

    def on_step(self, step, logs):
        """Save when it is time."""
        interrupted = self.interrupt is not None and self.interrupt.requested
        if interrupted or step % self.every == 0:
            self._save(step, logs)
        if interrupted:
            raise KeyboardInterrupt

    def on_train_end(self, logs=None):
        """Save the last step."""
        if self._saved_step != self.step:
            self._work(self._save, {k: to_float(v) for k, v in (logs or {}).items()})

    def _save(self, step, logs):
        if all(math.isfinite(value) for value in logs.values()):
            self.run.checkpoints.save(self.model, step)
            self._saved_step = step


class Interrupt:
    """A context in which Ctrl-C waits for the end of the step.

    `requested` is True once it has been pressed. Outside the main thread, where no
    handler can be set, Ctrl-C stays as it is.
    """

    def __init__(self):
        self.requested = False
        self._previous = None

    def __enter__(self):
        """Take over Ctrl-C."""
        with contextlib.suppress(ValueError):
            self._previous = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number, frame):
        self.requested = True

    def __exit__(self, *exception):
        """Give Ctrl-C back."""
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)


class SaveModel(keras.callbacks.Callback):
    """Makes the run's folder and writes the model that its checkpoints belong to.

    Args:
        run: `RunFolder`.
    """

    def __init__(self, run):
        super().__init__()
        self.run = run

    def on_train_begin(self, logs=None):
        """Write `config.json` and `model/` unless they are there."""
        data = self.model.training_data
        steps = (self.params.get("epochs") or 1) * (self.params.get("steps") or 1)
        self.run.start(
            TrainingConfig(
                dataset=data.name if data else "unknown",
                # The networks may be anybody's: not one that has ways of its own.
                preset=DEFAULT_PRESET,
                split=data.split if data else "unknown",
                image_size=self.model.generator.image_size,
                batch_size=data.batch_size if data else 2,
                loss=self.model.adversarial_loss.name,
                ema_half_life=self.model.ema_half_life,
                seed=self.model.seed,
                steps=int(self.model.optimizer.iterations.numpy()) + steps,
            )
        )
        if not (self.run.model_path / CONFIG_FILE).is_file():
            self.model.save(self.run.model_path)


def default_callbacks(run_dir, log_every=50, sample_every=200, save_every=500):
    """Return the callbacks that write a run's folder during `TextToImageGAN.fit`.

    Args:
        run_dir: Path of the folder, a new one.
        log_every: int. Steps between lines of `metrics.jsonl`.
        sample_every: int. Steps between sample grids.
        save_every: int. Steps between checkpoints.

    Returns:
        List of Keras callbacks. `load_run(run_dir)` reads the newest checkpoint.

    Example:
    >>> from aigc_keras.training import default_callbacks
    >>> len(default_callbacks("saved_models/runs/my_run"))
    4
    """
    run = RunFolder(run_dir)
    return [
        SaveModel(run),
        MetricsLog(run, log_every),
        SampleGrid(run, None, sample_every),
        Checkpoint(run, save_every),
    ]


class ProgressReport(StepCallback):
    """Moves a progress bar and shows the speed and the two losses.

    Args:
        update: Function `(done, total, note)`, see `progress_bar`.
        steps: int. Steps of the whole run.
    """

    def __init__(self, update, steps):
        super().__init__()
        self.update = update
        self.steps = steps

    def on_train_begin(self, logs=None):
        """Begin to measure the speed anew."""
        super().on_train_begin(logs)
        data = self.model.training_data
        self.batch_size = min(data.batch_size, data.num_images)
        self._first = None

    def on_step(self, step, logs):
        """Move the bar every tenth step."""
        now = time.monotonic()
        # The first step compiles; it says nothing about speed.
        self._first = self._first or (step, now)
        if step % 10 == 0 and step > self._first[0]:
            speed = (step - self._first[0]) * self.batch_size / (now - self._first[1])
            losses = " ".join(
                f"{label} {float(logs[name]):.2f}"
                for label, name in (
                    ("G", "generator_loss"),
                    ("D", "discriminator_loss"),
                )
                if name in logs
            )
            self.update(step, self.steps, f"{speed:.0f} images/s {losses}")
