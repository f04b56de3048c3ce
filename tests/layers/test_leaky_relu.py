"""The leaky ReLU against Keras's, and what its slope is read off."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.layers import LeakyReLU


def values_and_slopes(layer, inputs):
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        result = layer(inputs, training=True)
        total = tf.reduce_sum(tf.cast(result, "float32") ** 2)
    return np.array(result, "float32"), np.array(tape.gradient(total, inputs))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_values_and_slopes_are_those_of_keras(policy):
    inputs = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")
    found = values_and_slopes(LeakyReLU(0.2, dtype=policy), inputs)
    wanted = values_and_slopes(keras.layers.LeakyReLU(0.2, dtype=policy), inputs)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_second_slopes_are_those_of_keras():
    inputs = tf.constant(np.random.default_rng(0).normal(size=(4, 5)), "float32")
    found = []
    for layer in (LeakyReLU(0.2), keras.layers.LeakyReLU(0.2)):
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                total = tf.reduce_sum(layer(inputs, training=True) ** 3)
            slope = tf.reduce_sum(inner.gradient(total, inputs) ** 2)
        found.append(outer.gradient(slope, inputs).numpy())
    np.testing.assert_allclose(*found, rtol=1e-5)
    assert np.abs(found[0]).min() > 0


def test_it_comes_back_from_its_configuration():
    layer = LeakyReLU.from_config(LeakyReLU(0.1, name="leaky").get_config())
    assert (layer.negative_slope, layer.name) == (0.1, "leaky")


def test_what_went_in_is_not_kept_for_the_slope():
    layer = LeakyReLU(0.2)

    @tf.function(input_signature=[tf.TensorSpec((2, 3))])
    def slope(x):
        before = tf.identity(x, name="before")
        with tf.GradientTape() as tape:
            tape.watch(before)
            total = tf.reduce_sum(layer(before, training=True))
        return tape.gradient(total, before)

    graph = slope.get_concrete_function().graph.as_graph_def()
    nodes = {node.name: node for node in graph.node}
    (back,) = (node for node in nodes.values() if node.op == "LeakyReluGrad")
    source = nodes[back.input[1].split(":")[0]]
    while source.op == "Identity":
        source = nodes[source.input[0].split(":")[0]]
    assert source.op == "LeakyRelu"
