"""A step of training whose graph is made once, however long a batch's captions are."""

import keras
import tensorflow as tf


def traced_step(model, data, fixed_rows=False):
    """Return a function that trains a model on one batch.

    It does what `model.train_on_batch` does on one device, without compiling by XLA.
    That makes another graph where lengths change: of a matching batch whose captions
    come in four groups three, nine seconds each on one core.

    Args:
        model: `keras.Model`, compiled, its optimizer built.
        data: A batch, or what comes near it: nested dicts and tuples of arrays, as
            `train_step` takes them. Of an array of two axes the second may be longer
            or shorter in the batches to come.
        fixed_rows: bool. Whether every batch has as many rows.

    Returns:
        Function from a batch to its loss, a float.
    """
    if keras.backend.backend() != "tensorflow":
        return lambda batch: _loss_of(model, batch)

    # Keras's code needs no conversion, which takes as long as the tracing.
    @tf.function(
        input_signature=[
            keras.tree.map_structure(lambda array: _signature(array, fixed_rows), data)
        ],
        autograph=False,
    )
    def step(batch):
        logs = model.distribute_strategy.run(model.train_step, args=(batch,))
        return model.distribute_strategy.experimental_local_results(logs["loss"])[0]

    def train(batch):
        model.reset_metrics()
        return float(step(batch))

    return train


def _loss_of(model, batch):
    arguments = batch if isinstance(batch, tuple) else (batch,)
    model.reset_metrics()
    return float(model.train_on_batch(*arguments))


def _signature(array, fixed_rows):
    shape = list(array.shape)
    if not fixed_rows:
        shape[0] = None
    if len(shape) == 2:
        shape[1] = None
    return tf.TensorSpec(shape, array.dtype)
