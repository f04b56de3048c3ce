"""Attention pooling against the same sum written out."""

import keras
import numpy as np
import pytest
from scipy.special import softmax

from aigc_keras.layers import AttentionPooling


@pytest.fixture
def tokens():
    return np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")


@pytest.fixture
def mask():
    return np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]], bool)


@pytest.fixture
def layer():
    keras.utils.set_random_seed(0)
    return AttentionPooling(6, num_heads=3, dtype="float32")


def test_heads_take_weighted_means_of_their_values(layer, tokens, mask):
    result = keras.ops.convert_to_numpy(layer(tokens, mask))
    values = tokens @ layer.value.kernel.numpy() + layer.value.bias.numpy()
    scores = tokens @ layer.score.kernel.numpy() + layer.score.bias.numpy()
    for row in range(2):
        real = mask[row]
        for head in range(3):
            weights = softmax(scores[row, real, head])
            expected = weights @ values[row, real, 2 * head : 2 * head + 2]
            np.testing.assert_allclose(
                result[row, 2 * head : 2 * head + 2], expected, rtol=1e-4, atol=1e-6
            )


def test_masked_tokens_do_not_matter(layer, tokens, mask):
    changed = tokens.copy()
    changed[1, 2:] = 99.0
    np.testing.assert_array_equal(
        layer(tokens, mask)[:2],
        layer(np.where(mask[..., None], tokens, changed), mask)[:2],
    )


def test_a_row_without_tokens_stays_finite(layer, tokens, mask):
    assert np.all(np.isfinite(layer(tokens, mask)[2]))


def test_bfloat16_and_the_symbolic_shape(tokens, mask):
    layer = AttentionPooling(6, num_heads=3, dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(layer(tokens, mask).dtype) == "bfloat16"
    symbolic = layer(keras.Input((None, 8)), keras.Input((None,), dtype="bool"))
    assert symbolic.shape == (None, 6)


def test_config_round_trip(layer, tokens, mask):
    expected = layer(tokens, mask)
    copy = AttentionPooling.from_config(layer.get_config())
    copy.build(tokens.shape)
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(copy(tokens, mask), expected)


def test_heads_must_divide_the_units():
    with pytest.raises(ValueError, match="Received: units=6, num_heads=4"):
        AttentionPooling(6, num_heads=4)
