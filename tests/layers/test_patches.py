"""Patches to channels and back."""

import keras
import numpy as np
import pytest

from aigc_keras.layers import ChannelsToPatches, PatchesToChannels


@pytest.fixture
def images():
    return np.random.default_rng(0).normal(size=(2, 8, 4, 3)).astype("float32")


def test_a_place_holds_its_patch_row_by_row(images):
    stacked = np.array(PatchesToChannels(2)(images))
    assert stacked.shape == (2, 4, 2, 12)
    expected = images[1, 2:4, 2:4].reshape(-1)
    np.testing.assert_array_equal(stacked[1, 1, 1], expected)


@pytest.mark.parametrize("size", [2, 4])
def test_one_undoes_the_other(size, images):
    stacked = PatchesToChannels(size)(images)
    np.testing.assert_array_equal(ChannelsToPatches(size)(stacked), images)


@pytest.mark.parametrize("kind", [PatchesToChannels, ChannelsToPatches])
def test_shape_is_known_and_config_goes_round(kind):
    layer = kind(2)
    inputs = keras.Input((4, 4, 12))
    result = np.array(layer(np.zeros((3, 4, 4, 12))))
    assert layer(inputs).shape[1:] == result.shape[1:]
    assert kind.from_config(layer.get_config()).patch_size == 2
