"""The fused update against Keras's own Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.models.fused_adam import FusedAdam


def path(optimizer, steps=5):
    """Return a weight's values along some steps of random slopes."""
    weight = keras.Variable(np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3))
    optimizer.build([weight])
    rng = np.random.default_rng(0)
    slopes = tf.constant(rng.normal(size=(steps, 2, 3)).astype("float32"))

    @tf.function
    def apply(slope):
        optimizer.apply([slope], [weight])

    values = []
    for slope in slopes:
        apply(slope)
        values.append(weight.numpy().copy())
    return np.stack(values)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"beta_1": 0.0, "beta_2": 0.9},
        {"epsilon": 0.1},
        {"amsgrad": True},
        {"clipnorm": 0.5, "weight_decay": 0.1},
    ],
)
def test_it_takes_the_steps_of_keras_s_adam(settings):
    expected = path(keras.optimizers.Adam(0.05, **settings))
    np.testing.assert_allclose(path(FusedAdam(0.05, **settings)), expected, atol=1e-5)


def test_it_goes_through_its_config():
    optimizer = FusedAdam(0.01, beta_1=0.5)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert isinstance(copy, FusedAdam)
    assert copy.get_config() == optimizer.get_config()
