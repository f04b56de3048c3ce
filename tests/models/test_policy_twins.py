"""Twins of a text encoder's networks in the dtype policy."""

import keras
import keras_nlp
import numpy as np
import pytest

from aigc_keras.models.image_text_model import attention_pooler
from aigc_keras.models.policy_twins import (
    backbone_in_policy,
    pooler_in_policy,
    take_weights,
)


@pytest.fixture(scope="module")
def networks():
    keras.utils.set_random_seed(0)
    backbone = keras_nlp.models.GPT2Backbone(
        vocabulary_size=50,
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        max_sequence_length=8,
        dropout=0.0,
        dtype="float32",
    )
    return backbone, attention_pooler(16, 8, num_heads=2, blocks=1)


def vectors(backbone, pooler):
    ids = keras.ops.reshape(keras.ops.arange(24), (3, 8))
    mask = ids % 8 < 6
    tokens = backbone({"token_ids": ids, "padding_mask": mask})
    return pooler({"tokens": tokens, "padding_mask": mask})


def test_in_keras_own_policy_there_is_no_need_of_twins(networks):
    backbone, pooler = networks
    assert backbone_in_policy(backbone) is backbone
    assert pooler_in_policy(pooler) is pooler
    keras.config.set_dtype_policy("bfloat16")
    # Whose variables would be rounded.
    assert backbone_in_policy(backbone) is backbone
    assert pooler_in_policy(pooler) is pooler


def test_twins_compute_in_bfloat16_and_give_back_what_they_learned(networks):
    backbone, pooler = networks
    expected = vectors(backbone, pooler)
    keras.config.set_dtype_policy("mixed_bfloat16")
    backbone.trainable = False
    twins = backbone_in_policy(backbone), pooler_in_policy(pooler)
    assert not twins[0].trainable and twins[1].trainable
    backbone.trainable = True
    assert twins[0].compute_dtype == "bfloat16"
    computed = {layer.compute_dtype for layer in twins[1].layers[2:]}
    assert computed == {"bfloat16", "float32"}
    assert twins[1].layers[-1].compute_dtype == "float32"
    got = vectors(*twins)
    assert keras.backend.standardize_dtype(got.dtype) == "float32"
    np.testing.assert_allclose(got, expected, atol=0.05)
    assert not np.array_equal(got, expected)
    for network, twin in zip((backbone, pooler), twins, strict=True):
        twin.set_weights([2 * w for w in twin.get_weights()])
        take_weights(network, twin)
        for mine, learned in zip(network.weights, twin.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, learned)
    assert {layer.compute_dtype for layer in pooler.layers[2:]} == {"float32"}
    assert backbone.compute_dtype == "float32"
