"""The fused update against Keras's own Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.fused_adam import FusedAdam, make_optimizer


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


def test_the_update_is_one_operation_a_weight():
    """Keras hands over TensorFlow's variable, and the fused way was once missed."""
    weight = keras.Variable(np.ones((2, 3), "float32"))
    optimizer = FusedAdam(1e-3)
    optimizer.build([weight])

    @tf.function
    def apply():
        optimizer.apply([tf.ones((2, 3))], [weight])

    graph = apply.get_concrete_function().graph
    kinds = [operation.type for operation in graph.get_operations()]
    assert kinds.count("ResourceApplyAdam") == 1 and "Sqrt" not in kinds


def decayed(make):
    """Return a weight after some steps of a schedule, and how often it was asked."""
    asked = []

    class Schedule(keras.optimizers.schedules.ExponentialDecay):
        def __call__(self, step):
            asked.append(step)
            return super().__call__(step)

    weights = [keras.Variable(np.full(3, i + 1.0, "float32")) for i in range(5)]
    optimizer = make(Schedule(0.1, 1, 0.5), weight_decay=0.3)
    optimizer.build(weights)
    optimizer.exclude_from_weight_decay(weights[:1])
    asked.clear()

    @tf.function
    def apply():
        optimizer.apply([tf.ones(3)] * len(weights), weights)

    for _ in range(4):
        apply()
    return np.stack([weight.numpy() for weight in weights]), len(asked)


def test_weight_decay_is_that_of_adamw_and_asks_the_schedule_once():
    expected, often = decayed(keras.optimizers.AdamW)
    found, once = decayed(FusedAdam)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # Once for the decay, once for the update; a trace may be made twice.
    assert once <= 4 < often


@pytest.mark.parametrize("settings", [(0.5, 1), (None, 3), (0.5, 2)])
def test_limits_are_those_of_keras(settings):
    clip_norm, accumulation = settings
    ours = make_optimizer(0.1, clip_norm, accumulation)
    theirs = keras.optimizers.Adam(
        0.1,
        beta_1=0.0,
        beta_2=0.9,
        clipnorm=clip_norm,
        gradient_accumulation_steps=accumulation if accumulation > 1 else None,
    )
    first, second = path(ours, 6), path(theirs, 6)
    np.testing.assert_allclose(first, second, atol=1e-6)
    # The weights stand still until enough gradients are there.
    moved = [np.any(a != b) for a, b in zip(first[1:], first, strict=False)]
    assert moved == [(step + 1) % accumulation == 0 for step in range(1, 6)]


def test_the_default_rate_rises_and_stays():
    optimizer = make_optimizer()
    rates = []
    for step in (0, 99, 199, 200, 5000):
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    np.testing.assert_allclose(rates, [5e-6, 4.975e-4, 9.95e-4, 1e-3, 1e-3], 0.01)
