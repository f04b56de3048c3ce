"""Outputs for any number of rows: those of `predict`, without its overhead."""

import keras
import numpy as np
import pytest

from aigc_keras.models.prediction import predict_in_batches


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    image = keras.Input((4, 4, 3), name="image")
    text = keras.Input((5,), name="text")
    joined = keras.layers.Flatten()(image)
    joined = keras.layers.Concatenate()([joined, text])
    outputs = {
        "one": keras.layers.Dense(2)(joined),
        "two": keras.layers.Conv2D(3, 3)(image),
    }
    return keras.Model({"image": image, "text": text}, outputs)


@pytest.mark.parametrize("number", [1, 6, 7])
def test_it_is_predict(network, number):
    rng = np.random.default_rng(0)
    inputs = {
        "image": rng.normal(size=(number, 4, 4, 3)).astype("float32"),
        "text": rng.normal(size=(number, 5)).astype("float32"),
    }
    found = predict_in_batches(network, inputs, batch_size=3)
    expected = network.predict(inputs, batch_size=3, verbose=0)
    assert set(found) == {"one", "two"}
    for name, values in found.items():
        assert isinstance(values, np.ndarray)
        np.testing.assert_allclose(values, expected[name], atol=1e-6)


def test_it_asks_for_a_few_rows_at_a_time():
    asked = []

    class Network:
        def predict_on_batch(self, rows):
            asked.append(len(rows))
            return rows + 1

    found = predict_in_batches(Network(), np.arange(8), batch_size=3)
    assert asked == [3, 3, 2]
    np.testing.assert_array_equal(found, np.arange(1, 9))
