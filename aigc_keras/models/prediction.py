"""What a network gives for any number of rows."""

import keras
import numpy as np

from aigc_keras.models.replicas import strategy_of


def predict_in_batches(network, inputs, batch_size, before=None):
    """Return a network's outputs, without what `keras.Model.predict` sets up each time.

    That takes twenty times as long as a small network itself does.

    Args:
        network: `keras.Model`.
        inputs: Array, or nested arrays, of as many rows each.
        batch_size: int. Rows at a time.
        before: Function that a batch's inputs go through first, or None.

    Returns:
        Numpy arrays, nested as the network's outputs.
    """
    if strategy_of(network).num_replicas_in_sync > 1:
        # Each replica would give every row; and one process may ask, the others not.
        network = keras.Model(network.input, network(network.input))
    number = len(keras.tree.flatten(inputs)[0])
    batches = []
    for start in range(0, max(number, 1), batch_size):
        rows = slice(start, start + batch_size)
        part = keras.tree.map_structure(lambda values, rows=rows: values[rows], inputs)
        batches.append(network.predict_on_batch(before(part) if before else part))
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *batches)
