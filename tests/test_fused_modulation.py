"""The fused modulation against the plain formula and its slopes."""

import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.fused_modulation import can_fuse, modulate_and_rectify
from aigc_keras.layers import FeatureModulation


def plain(features, gamma, beta):
    return tf.nn.relu(features * (1 + gamma) + beta)


def draw(shape, seed):
    values = np.random.default_rng(seed).normal(size=shape)
    return tf.constant(values, "float32")


def slopes(function, inputs, weights):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(function(*inputs) * weights)
    return tape.gradient(total, inputs)


@pytest.mark.parametrize(
    "sides", [(1, 1), (4, 6)], ids=["whole maps", "place by place"]
)
def test_values_and_slopes_are_those_of_the_formula(sides):
    shape = (3, 4, 6, 5)
    inputs = [draw(shape, 0), draw((3, *sides, 5), 1), draw((3, *sides, 5), 2)]
    np.testing.assert_allclose(
        modulate_and_rectify(*inputs), plain(*inputs), rtol=1e-6, atol=1e-6
    )
    weights = draw(shape, 3)
    found = slopes(modulate_and_rectify, inputs, weights)
    wanted = slopes(plain, inputs, weights)
    for one, other, given in zip(found, wanted, inputs, strict=True):
        assert one.shape == given.shape
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_nan_stays_one():
    features = np.ones((1, 2, 2, 1), "float32")
    features[0, 0, 0] = -np.nan
    zero = tf.zeros((1, 1, 1, 1))
    result = modulate_and_rectify(tf.constant(features), zero, zero).numpy()
    np.testing.assert_array_equal(np.isnan(result), np.isnan(features))


@pytest.mark.parametrize("with_places", [False, True])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_layer_learns_by_it_and_answers_the_same(policy, with_places):
    features, condition = draw((2, 4, 4, 3), 0), draw((2, 5), 1)
    given = [features, condition] + [draw((2, 2, 2, 3), 2)] * with_places
    layer = FeatureModulation(rectify=True, dtype=policy)
    layer(*given)
    rng = np.random.default_rng(3)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])

    @tf.function
    def learn(*given):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(tf.cast(layer(*given, training=True), "float32"))
        weights = [weight.value for weight in layer.trainable_variables]
        return layer(*given, training=True), tape.gradient(total, weights)

    result, by_weights = learn(*given)
    bfloat16 = policy != "float32"
    tolerance = (
        {"rtol": 0.03, "atol": 0.06} if bfloat16 else {"rtol": 1e-4, "atol": 1e-4}
    )
    wanted = np.array(layer(*given), "float32")
    assert (wanted == 0).any() and (wanted > 0).any()
    np.testing.assert_allclose(np.array(result, "float32"), wanted, **tolerance)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.cast(layer(*given), "float32"))
    plainly = tape.gradient(total, [w.value for w in layer.trainable_variables])
    for one, other in zip(by_weights, plainly, strict=True):
        scale = np.abs(other).max()
        np.testing.assert_allclose(
            one / scale, other / scale, atol=0.02 if bfloat16 else 1e-5
        )
    operations = str(learn.get_concrete_function(*given).graph.as_graph_def())
    assert ("_XlaMustCompile" in operations) == bfloat16


@pytest.mark.parametrize(
    ("shape", "dtype", "gpus", "fits"),
    [
        ((None, 4, 4, 3), "bfloat16", [], True),
        ((2, 4, 4, 3), "bfloat16", ["a GPU"], False),
        ((2, 4, 4, 3), "float32", [], False),
        ((2, None, 4, 3), "bfloat16", [], False),
    ],
)
def test_it_is_for_known_sides_on_a_processor(shape, dtype, gpus, fits, monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: gpus)
    answers = []

    @tf.function(input_signature=[tf.TensorSpec(shape, dtype)])
    def ask(features):
        answers.append(can_fuse(features))
        return features

    ask.get_concrete_function()
    assert answers == [fits]
    assert not can_fuse(tf.ones((2, 4, 4, 3), "bfloat16"))
