"""One graph for batches of any length, and the training that Keras would do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.traced_step import traced_step


class Counting(keras.Model):
    """Tells apart how often its step is traced and how often it is run."""

    def train_step(self, data):
        self.traces = getattr(self, "traces", 0) + 1
        return super().train_step(data)


def make_model():
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = keras.layers.Embedding(9, 4)(ids)
    x = keras.layers.Dense(9)(x)
    model = Counting({"ids": ids}, x)
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    model.compile(keras.optimizers.Adam(0.1), loss, weighted_metrics=[])
    model.optimizer.build(model.trainable_variables)
    return model


def make_batches():
    rng = np.random.default_rng(0)
    shapes = [(4, 3), (4, 5), (4, 3), (2, 7), (4, 8)]
    return [
        (
            {"ids": rng.integers(0, 9, shape).astype("int32")},
            rng.integers(0, 9, shape).astype("int32"),
            rng.uniform(size=shape).astype("float32"),
        )
        for shape in shapes
    ]


def test_it_trains_as_keras_does_with_one_graph():
    ours, keras_own = make_model(), make_model()
    batches = make_batches()
    train = traced_step(ours, batches[0])
    for batch in batches:
        loss = train(batch)
        keras_own.reset_metrics()
        assert loss == pytest.approx(float(keras_own.train_on_batch(*batch)), rel=1e-5)
    for one, other in zip(ours.weights, keras_own.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert ours.traces == 1
    assert keras_own.traces > 1
    assert int(ours.optimizer.iterations) == len(batches)


def test_it_trains_inside_a_strategy_of_one_device():
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        model = make_model()
    batch = make_batches()[0]
    assert traced_step(model, batch)(batch) == pytest.approx(
        float(make_model().train_on_batch(*batch)), rel=1e-5
    )
