"""A stage of training before the GAN."""

import keras
import numpy as np
import pytest

from aigc_keras.datasets import CaptionedDataset
from aigc_keras.models.stage import stage_steps, train_stage


@pytest.mark.parametrize(
    ("pictures", "most", "steps"), [(2, 5000, 50), (64, 5000, 480), (64, 100, 100)]
)
def test_few_captions_are_passed_over_thirty_times(pictures, most, steps):
    images = np.zeros((pictures, 8, 8, 3), "uint8")
    dataset = CaptionedDataset("few", "train", images, [["a", "b"]] * pictures, 8)
    assert stage_steps(most, dataset, 8) == steps


def test_as_many_batches_are_learned_as_steps_at_a_rate_that_falls():
    class Mean(keras.Model):
        def __init__(self):
            super().__init__()
            self.mean = self.add_weight(shape=(), initializer="zeros", name="mean")

        def call(self, inputs):
            return inputs["x"] - self.mean

        def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
            return keras.ops.mean(keras.ops.square(y_pred))

    taken = []

    def batches():
        while True:
            taken.append(1)
            yield {"x": np.full((4, 1), 0.5, "float32")}

    model = Mean()
    model(next(batches()))
    taken.clear()
    train_stage(model, batches(), 200, 2e-2, "The mean is learned")
    assert len(taken) in (200, 201)
    assert float(model.mean.numpy()) == pytest.approx(0.5, abs=0.02)
    assert 0 < float(model.optimizer.learning_rate) < 2e-2 / 5


def test_no_batch_trains_nothing():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    before = model.get_weights()
    train_stage(model, iter([]), 5, 1e-2, "Nothing")
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
