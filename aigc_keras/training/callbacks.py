"""Keras callbacks that write a run's folder. They count steps by the optimizer."""

import math
import signal
import time

import keras
import numpy as np
import tensorflow as tf

from aigc_keras.datasets.pictures import tile_images, write_picture
from aigc_keras.models.gan import noise_from_seed
from aigc_keras.training.schedules import decayed_learning_rate


class TrainingDiverged(RuntimeError):
    """A loss is no longer a number."""


class StepCallback(keras.callbacks.Callback):
    """Calls `on_step(step, logs)` with the number of steps done since the run began."""

    def on_train_begin(self, logs=None):
        """Read where the optimizer stands."""
        self.step = int(self.model.optimizer.iterations.numpy())

    def on_train_batch_end(self, batch, logs=None):
        """Count one step."""
        self.step += 1
        self.on_step(self.step, logs or {})

    def on_step(self, step, logs):
        """Do something after a step; for subclasses."""


class LearningRateDecay(StepCallback):
    """Sets both learning rates before each step; see `decayed_learning_rate`."""

    def __init__(self, learning_rate, steps):
        super().__init__()
        self.learning_rate = learning_rate
        self.steps = steps

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rates of the coming step."""
        rate = decayed_learning_rate(self.learning_rate, self.step, self.steps)
        for optimizer in (self.model.optimizer, self.model.discriminator_optimizer):
            optimizer.learning_rate.assign(rate)


class MetricsLog(StepCallback):
    """Writes the losses' means since the last line, and stops when one is not finite.

    Args:
        run: `RunFolder`.
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
        self.writer = tf.summary.create_file_writer(str(self.run.events_path))
        self.started, self.images = time.monotonic(), 0

    def on_step(self, step, logs):
        """Write a line when it is time."""
        if step % self.every:
            return
        values = {name: float(value) for name, value in logs.items()}
        bad = sorted(name for name, value in values.items() if not math.isfinite(value))
        if bad:
            raise TrainingDiverged(
                f"Training stopped at step {step}: {', '.join(bad)} is not finite. "
                "The last good checkpoint is kept; try a smaller --learning-rate."
            )
        self.run.append_metrics({"step": step, **values})
        with self.writer.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
            rate = float(self.model.optimizer.learning_rate.numpy())
            tf.summary.scalar("learning_rate", rate)
        self.model.reset_metrics()

    def on_train_end(self, logs=None):
        """Close the TensorBoard events."""
        self.writer.close()


class SampleGrid(StepCallback):
    """Draws the same captions with the same noise again and again.

    Args:
        run: `RunFolder`.
        captions: List of str, one row of the grid each.
        every: int. Steps between grids.
        columns: int. Pictures a caption.
    """

    def __init__(self, run, captions, every, columns=6):
        super().__init__()
        self.run = run
        self.captions = list(captions)
        self.every = every
        self.columns = columns

    def on_train_begin(self, logs=None):
        """Encode the captions once and note them beside the grids."""
        super().on_train_begin(logs)
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


class Checkpoint(StepCallback):
    """Saves everything a resumed run needs, and on Ctrl-C once more.

    Args:
        run: `RunFolder`.
        every: int. Steps between checkpoints.
        last_step: int. A step that is saved in any case.
    """

    def __init__(self, run, every, last_step):
        super().__init__()
        self.run = run
        self.every = every
        self.last_step = last_step
        self._interrupted = False

    def on_train_begin(self, logs=None):
        """Let Ctrl-C wait for the end of the step."""
        super().on_train_begin(logs)
        try:
            self._previous = signal.signal(signal.SIGINT, self._interrupt)
        except ValueError:
            # Only the main thread may set a handler; elsewhere Ctrl-C stays as it is.
            self._previous = None

    def _interrupt(self, number, frame):
        self._interrupted = True

    def on_step(self, step, logs):
        """Save when it is time."""
        if self._interrupted or step % self.every == 0 or step == self.last_step:
            if all(np.isfinite(float(value)) for value in logs.values()):
                self.run.save_checkpoint(self.model, step)
        if self._interrupted:
            raise KeyboardInterrupt

    def restore_handler(self):
        """Give Ctrl-C back."""
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
            self._previous = None


class ProgressReport(StepCallback):
    """Moves a progress bar and shows the speed and the two losses.

    Args:
        update: Function `(done, total, note)`, see `progress_bar`.
        steps: int. Steps of the whole run.
        batch_size: int. Images a step.
    """

    def __init__(self, update, steps, batch_size):
        super().__init__()
        self.update = update
        self.steps = steps
        self.batch_size = batch_size
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
