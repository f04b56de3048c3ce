"""Feature modulation against its formula."""

import keras
import numpy as np
import pytest

from aigc_keras.layers import FeatureModulation


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, 3, 3, 4)).astype("float32")
    return features, rng.normal(size=(2, 5)).astype("float32")


def test_a_fresh_layer_is_the_identity(inputs):
    layer = FeatureModulation(dtype="float32")
    np.testing.assert_array_equal(layer(*inputs), inputs[0])


def test_it_scales_and_shifts_each_channel(inputs):
    features, condition = inputs
    layer = FeatureModulation(dtype="float32")
    layer(*inputs)
    rng = np.random.default_rng(1)
    kernel, bias = rng.normal(size=(5, 8)), rng.normal(size=8)
    layer.set_weights([kernel, bias])
    affine = condition @ kernel + bias
    gamma, beta = affine[:, None, None, :4], affine[:, None, None, 4:]
    np.testing.assert_allclose(
        layer(*inputs), features * (1 + gamma) + beta, rtol=1e-4, atol=1e-5
    )


def test_bfloat16_and_the_symbolic_shape(inputs):
    layer = FeatureModulation(dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(layer(*inputs).dtype) == "bfloat16"
    symbolic = layer(keras.Input((6, 6, 4)), keras.Input((5,)))
    assert symbolic.shape == (None, 6, 6, 4)


def test_config_round_trip(inputs):
    layer = FeatureModulation(name="modulation", dtype="float32")
    copy = FeatureModulation.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    np.testing.assert_array_equal(copy(*inputs), layer(*inputs))
