"""Which rows of a batch belong to which replica."""

import tensorflow as tf


def replica_rows(number, replica, replicas):
    """Return the rows of the global batch that a replica works on.

    A replica takes its share of the first half and its share of the second: a training
    step treats the halves differently, so a global batch then means the same however
    many share it.

    Args:
        number: int or int scalar tensor, even. Rows a replica.
        replica: int or scalar tensor. The replica, from 0.
        replicas: int. Replicas in all.

    Returns:
        `(number,)` integer tensor of `number`'s dtype, places in the global batch.

    Example:
    >>> from aigc_keras.datasets.sharding import replica_rows
    >>> replica_rows(4, 1, 2).numpy().tolist()
    [2, 3, 6, 7]
    """
    half = number // 2
    first = tf.range(half) + tf.cast(replica, tf.convert_to_tensor(half).dtype) * half
    return tf.concat([first, first + replicas * half], axis=0)


def shared_batch_size(batch_size, num_images, replicas):
    """Return the global batch size, cut to what there are images for.

    Args:
        batch_size: int. What was asked for.
        num_images: int. Images there are.
        replicas: int. Replicas that share a batch.

    Raises:
        ValueError: If several replicas cannot share the batch evenly.
    """
    size = min(batch_size, num_images)
    if replicas == 1:
        return size
    unit = 2 * replicas
    if batch_size % unit or size < unit:
        raise ValueError(
            f"`batch_size` must be a multiple of {unit} for {replicas} replicas, and "
            "there must be as many images. "
            f"Received: batch_size={batch_size}, {num_images} images"
        )
    return size - size % unit
