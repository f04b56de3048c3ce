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


@pytest.fixture
def places():
    return np.random.default_rng(2).normal(size=(2, 2, 2, 3)).astype("float32")


def set_random_weights(layer):
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])


def spread(x, kernel, side, channels):
    """Each place's linear map, laid out as a patch."""
    patch = np.einsum("bijk,kn->bijn", x, kernel)
    patch = patch.reshape(*x.shape[:3], side, side, channels)
    blocks = [
        np.concatenate([patch[:, i, j] for j in range(x.shape[2])], axis=2)
        for i in range(x.shape[1])
    ]
    return np.concatenate(blocks, axis=1)


@pytest.mark.parametrize("side", [2, 4, 6])
def test_each_place_is_told_what_belongs_there(side, places):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, side, side, 4)).astype("float32")
    condition = rng.normal(size=(2, 5)).astype("float32")
    layer = FeatureModulation(dtype="float32")
    np.testing.assert_array_equal(layer(features, condition, places), features)
    set_random_weights(layer)
    kernel, bias, of_gamma, of_beta = layer.get_weights()
    affine = (condition @ kernel + bias)[:, None, None]
    gamma = affine[..., :4] + spread(places, of_gamma, side // 2, 4)
    beta = affine[..., 4:] + spread(places, of_beta, side // 2, 4)
    np.testing.assert_allclose(
        layer(features, condition, places),
        features * (1 + gamma) + beta,
        rtol=1e-4,
        atol=1e-4,
    )


def test_a_place_changes_its_own_patch_alone(places):
    features, condition = np.ones((2, 4, 4, 3)), np.ones((2, 5))
    layer = FeatureModulation(dtype="float32")
    layer(features, condition, places)
    set_random_weights(layer)
    other = places.copy()
    other[:, 0, 1] += 1
    changed = np.array(layer(features, condition, other))
    changed = changed != np.array(layer(features, condition, places))
    assert changed[:, :2, 2:].all()
    assert not changed[:, 2:].any() and not changed[:, :2, :2].any()


def test_places_that_do_not_divide_the_sides_are_refused():
    with pytest.raises(ValueError, match=r"Received: \(2, 3, 2, 1\) and \(2, 6, 6, 4"):
        FeatureModulation()(
            np.ones((2, 6, 6, 4)), np.ones((2, 5)), np.ones((2, 3, 2, 1))
        )


def test_bfloat16_and_the_symbolic_shape(inputs):
    layer = FeatureModulation(dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(layer(*inputs).dtype) == "bfloat16"
    symbolic = layer(keras.Input((6, 6, 4)), keras.Input((5,)))
    assert symbolic.shape == (None, 6, 6, 4)
    layer = FeatureModulation(dtype="mixed_bfloat16")
    places = keras.Input((3, 3, 2))
    symbolic = layer(keras.Input((6, 6, 4)), keras.Input((5,)), places)
    assert symbolic.shape == (None, 6, 6, 4) and symbolic.dtype == "bfloat16"


def test_config_round_trip(inputs):
    layer = FeatureModulation(name="modulation", dtype="float32")
    copy = FeatureModulation.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    np.testing.assert_array_equal(copy(*inputs), layer(*inputs))
