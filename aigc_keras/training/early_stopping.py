"""Stops a run whose pictures no longer get better."""

import math

import keras
import numpy as np

from aigc_keras.datasets import open_source
from aigc_keras.datasets.shapes.examples import read_examples
from aigc_keras.metrics import SceneAlignment, kernel_distance
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.training.callbacks import StepCallback

NUM_IMAGES = 512


class KernelMeasure:
    """Kernel distance between drawn and real pictures in the judge's features.

    Lower is better. The generator is trained against the same judge: good for saying
    when a run stands still, not for comparing two runs.

    Args:
        dataset: `CaptionedDataset` that is trained on.
    """

    name = "kernel_distance"

    def __init__(self, dataset):
        number = min(NUM_IMAGES, dataset.num_images)
        self.rows = np.linspace(0, dataset.num_images - 1, number).astype(int)
        self.captions = [dataset.captions[row][0] for row in self.rows]
        self.images = dataset.model_images(self.rows)

    def __call__(self, gan):
        """Return the distance of a model's averaged generator."""
        judge = gan.judge
        features = keras.Model(judge.input, judge.get_layer("hidden").output)
        drawn = draw_captions(gan, self.captions).astype("float32") / 127.5 - 1
        real, fake = (
            np.asarray(features.predict(images, verbose=0), "float64")
            for images in (self.images, drawn)
        )
        scale = real.std() + 1e-6
        return kernel_distance(real / scale, fake / scale)


class AlignmentMeasure:
    """Share of attributes drawn wrong on `shapes`' validation captions.

    Args:
        dataset: `CaptionedDataset` of `shapes`.
        options: `Options` of its source.
    """

    name = "wrong_attributes"

    def __init__(self, dataset, options):
        source = open_source(dataset.name, options)
        source.prepare()
        examples = read_examples(source.builder, f"validation[:{NUM_IMAGES}]")
        self.scenes = [example.scene for example in examples]
        self.captions = [example.captions["en"][0] for example in examples]

    def __call__(self, gan):
        """Return the share of a model's averaged generator."""
        metric = SceneAlignment()
        metric.update_state(draw_captions(gan, self.captions), self.scenes)
        return 1 - metric.result()["mean"]


def draw_captions(gan, captions):
    """Draw captions with the averaged generator, caption `i` with the noise of seed i.

    Returns:
        uint8 array `(n, side, side, 3)`.
    """
    vectors = gan.text_encoder.embed(*gan.text_encoder.tokenize(captions))
    dim = gan.generator.noise_dim
    noise = np.stack([noise_from_seed(seed, dim) for seed in range(len(captions))])
    return gan.draw(vectors, noise)


def make_measure(name, dataset, options):
    """Return a measure by its name in `EARLY_STOPPING_MEASURES`."""
    if name == "alignment":
        return AlignmentMeasure(dataset, options)
    return KernelMeasure(dataset)


class EarlyStopping(StepCallback):
    """Measures the averaged generator now and then, and stops when it stands still.

    The best checkpoint is kept.

    What was measured is written to `metrics.jsonl`, from where a resumed run reads it.

    Args:
        run: `RunFolder`.
        measure: Function of the model that returns a float, lower being better, with a
            `name`.
        every: int. Steps between measurements.
        patience: int. Measurements without a new best before the run stops.
    """

    def __init__(self, run, measure, every, patience=5):
        super().__init__()
        self.run = run
        self.measure = measure
        self.every = every
        self.patience = patience

    def on_train_begin(self, logs=None):
        """Read what was measured before."""
        super().on_train_begin(logs)
        name = self.measure.name
        entries = self.run.read_metrics()
        self.values = [entry[name] for entry in entries if name in entry]

    def on_step(self, step, logs):
        """Measure when it is time."""
        if step % self.every:
            return
        value = self.measure(self.model)
        if value < min(self.values, default=math.inf):
            if step not in self.run.checkpoints.steps():
                self.run.checkpoints.save(self.model, step)
            self.run.checkpoints.mark_best(step)
        self.values.append(value)
        self.run.append_metrics({"step": step, self.measure.name: value})
        if self.stands_still():
            self.model.stop_training = True

    def stands_still(self):
        """Return whether the last `patience` values bring nothing better."""
        before = self.values[: -self.patience]
        return bool(before) and min(self.values[-self.patience :]) >= min(before)
