"""A training step shared by replicas: rows, gradients and values of all of them.

Each function does nothing where there is one replica. Every replica must call them in
the same order.
"""

import tensorflow as tf

from aigc_keras.datasets.sharding import replica_rows
from aigc_keras.fused_adam import FusedAdam


def strategy_of(model):
    """Return the `tf.distribute.Strategy` a model was made in.

    On another backend of Keras than TensorFlow it is the one of a single replica.
    """
    return getattr(model, "distribute_strategy", None) or tf.distribute.get_strategy()


def num_replicas():
    """Return how many replicas run this step together; 1 outside a strategy's step."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def own_places(number):
    """Return the places of this replica's `number` rows in the global batch."""
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    return replica_rows(number, replica, num_replicas())


def own_rows(rows):
    """Return this replica's part of the rows of the global batch.

    Args:
        rows: `(global_batch, ...)` tensor, the same on every replica.

    Returns:
        `(batch, ...)` tensor.
    """
    replicas = num_replicas()
    if replicas == 1:
        return rows
    return tf.gather(rows, own_places(tf.shape(rows)[0] // replicas))


def gather_rows(rows):
    """Return the rows of all replicas as one batch; gradients flow back to each.

    Args:
        rows: `(batch, dim)` float tensor.

    Returns:
        `(global_batch, dim)` tensor, the same on every replica.
    """
    replicas = num_replicas()
    if replicas == 1:
        return rows
    number = tf.shape(rows)[0]
    shape = [replicas * number, rows.shape[-1]]
    own = tf.scatter_nd(own_places(number)[:, None], rows, shape)
    context = tf.distribute.get_replica_context()
    # All others' rows are zero: the sum is the whole, and so is its slope.
    return context.all_reduce(tf.distribute.ReduceOp.SUM, own)


def mean_of_all(value):
    """Return the mean of all replicas' values, a float tensor of any shape."""
    if num_replicas() == 1:
        return value
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, value)


def apply_gradients(optimizer, gradients, variables):
    """Move variables by the mean of all replicas' gradients.

    Each replica's loss is the mean over its own rows, so the mean of the gradients is
    that of the global batch. It is taken before the optimizer clips.

    Args:
        optimizer: Keras optimizer, a `FusedAdam` where there are several replicas.
        gradients: List of tensors.
        variables: List of Keras variables.

    Raises:
        ValueError: If several replicas are to use another optimizer, or one that
            accumulates gradients.
    """
    if num_replicas() > 1:
        if not isinstance(optimizer, FusedAdam):
            raise ValueError(
                "Several replicas need `FusedAdam`, which leaves the gradients' mean "
                f"to the training step. Received: {type(optimizer).__name__}"
            )
        if optimizer.gradient_accumulation_steps:
            raise ValueError(
                "Gradients cannot be accumulated on several replicas; use more of them "
                "or a smaller batch. Received: gradient_accumulation_steps="
                f"{optimizer.gradient_accumulation_steps}"
            )
        gradients = tf.distribute.get_replica_context().all_reduce(
            tf.distribute.ReduceOp.MEAN, [tf.convert_to_tensor(x) for x in gradients]
        )
    optimizer.apply(gradients, variables)


def assign_all(variables, values):
    """Give variables values that are the same on every replica, without a message."""
    if num_replicas() == 1:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return

    def update(strategy, values):
        for variable, value in zip(variables, values, strict=True):
            strategy.extended.update(
                variable.value, lambda own, new: own.assign(new), args=(value,)
            )

    tf.__internal__.distribute.interim.maybe_merge_call(
        update, tf.distribute.get_strategy(), list(values)
    )


def loggable(value):
    """Return a scalar as a strategy over several machines can reduce it, `(1,)`.

    Keras reduces their logs along the first axis, which a scalar lacks.
    """
    strategy = tf.distribute.get_strategy()
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return tf.reshape(value, [1])
    return value


def distribute(make_batches, strategy):
    """Return batches for a strategy.

    Args:
        make_batches: Function of the replicas an input pipeline feeds, a range, and of
            the number of all replicas, that returns a `tf.data.Dataset` of one element
            a replica, in turn.
        strategy: `tf.distribute.Strategy`.

    Returns:
        `tf.data.Dataset`, or `tf.distribute.DistributedDataset` for several replicas.
    """
    if strategy.num_replicas_in_sync == 1:
        return make_batches(range(1), 1)

    def make(context):
        replicas = context.num_replicas_in_sync
        local = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * local
        return make_batches(range(first, first + local), replicas)

    return strategy.distribute_datasets_from_function(make)
