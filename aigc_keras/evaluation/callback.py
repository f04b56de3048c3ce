"""Measures a GAN while it trains."""

import time

import keras
import numpy as np

from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.evaluation.features import (
    collect_features,
    contrastive_extractor,
    image_batches,
)
from aigc_keras.metrics import (
    FeatureStatistics,
    frechet_distance,
    kernel_distance,
    manifold_scores,
)


def _frechet(*sets):
    return frechet_distance(*(FeatureStatistics.of(values) for values in sets))


MEASURES = {
    "kid": kernel_distance,
    "fid": _frechet,
    **{
        name: lambda real, generated, name=name: manifold_scores(
            real, generated
        ).means()[name]
        for name in ("precision", "recall", "density", "coverage")
    },
}


class Evaluate(keras.callbacks.Callback):
    """Compares drawings of the averaged generator with real pictures now and then.

    What was measured is in `history`, and under `kid` and the like in the logs of the
    epoch's end, so that `fit` returns it and other callbacks see it. Training itself is
    not changed by it.

    Args:
        dataset: `CaptionedDataset` of the model's image size, best one that is not
            trained on.
        metrics: Sequence of names in `MEASURES`.
        every: int. Steps between measurements.
        num_samples: int. Drawings, and real pictures; default 256.
        most_time: float. Share of the time that may go into measuring, default 0.05: a
            measurement is left out while the ones before it took more.
        extractor: `FeatureExtractor`; default: the features of the model's own judge,
            which the generator is trained against. Good for seeing a run stand still,
            not for comparing runs.
        seed: int. Seed of the first drawing.

    Raises:
        ValueError: If a metric is unknown; by `fit`, if neither an extractor nor a
            judge is there.
    """

    def __init__(
        self,
        dataset,
        metrics=("kid",),
        every=500,
        num_samples=256,
        most_time=0.05,
        extractor=None,
        seed=0,
    ):
        super().__init__()
        unknown = sorted(set(metrics) - set(MEASURES))
        if unknown:
            raise ValueError(
                f"`metrics` must be among {', '.join(MEASURES)}. Received: {unknown}"
            )
        self.dataset, self.metrics, self.every = dataset, tuple(metrics), every
        self.num_samples = min(num_samples, dataset.num_images)
        self.most_time, self.extractor, self.seed = most_time, extractor, seed
        self.history, self.spent = [], 0.0

    def on_train_begin(self, logs=None):
        """Describe the real pictures, once."""
        self.started = time.monotonic()
        if self.extractor is None and self.model.judge is None:
            raise ValueError(
                "`Evaluate` needs an `extractor` for a model without a judge. "
                "Received: extractor=None"
            )
        extractor = self.extractor or contrastive_extractor(self.model.judge)
        last = self.dataset.num_images - 1
        rows = np.linspace(0, last, self.num_samples).astype(int)
        self.captions = [self.dataset.captions[row][0] for row in rows]
        batches = image_batches(self.dataset.images, rows)
        self._describe = lambda batches: collect_features(extractor, batches).values
        self._real = self._describe(batches)

    def on_train_batch_end(self, batch, logs=None):
        """Measure when it is time, and when there is time."""
        step = int(self.model.optimizer.iterations.numpy())
        if step % self.every:
            return
        started = time.monotonic()
        if self.spent > self.most_time * (started - self.started):
            return
        self.history.append({"step": step, **self.measure()})
        self.spent += time.monotonic() - started

    def on_epoch_end(self, epoch, logs=None):
        """Hand on the newest figures."""
        if self.history and logs is not None:
            newest = dict(self.history[-1])
            newest.pop("step")
            logs.update(newest)

    def measure(self):
        """Return the figures of the model as it is, a dict of float."""
        images = draw_captions(self.model, self.captions, self.seed)
        generated = self._describe(image_batches(images))
        return {name: MEASURES[name](self._real, generated) for name in self.metrics}
