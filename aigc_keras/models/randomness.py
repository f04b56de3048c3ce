"""Random numbers that follow from a seed and a step, and from nothing else."""

import tensorflow as tf

from aigc_keras.layers.diff_augment import NUM_CHANCES
from aigc_keras.models.replicas import num_replicas, own_rows


def training_noise(seed, step, batch_size, noise_dim):
    """Return the generator's noise at a training step.

    Replicas draw the global batch's noise and keep their own rows: all differ, and
    their number changes nothing. So it is with the two functions below.

    Args:
        seed: int. The model's seed.
        step: int or scalar tensor. Steps done.
        batch_size: int or scalar tensor. This replica's.
        noise_dim: int.

    Returns:
        `(batch_size, noise_dim)` float32, standard normal.
    """
    shape = [batch_size * num_replicas(), noise_dim]
    return own_rows(tf.random.stateless_normal(shape, _pair(seed, step)))


def training_chances(seed, step, batch_size):
    """Return what `DiffAugment` needs at a training step.

    Args:
        seed: int. The model's seed.
        step: int or scalar tensor. Steps done.
        batch_size: int or scalar tensor. Real and generated images together, half of
            each.

    Returns:
        `(batch_size, 7)` float32 in [0, 1).
    """
    shape = [batch_size * num_replicas(), NUM_CHANCES]
    chances = tf.random.stateless_uniform(shape, _pair(seed + 1, step))
    if num_replicas() == 1:
        return chances
    return tf.concat([own_rows(part) for part in tf.split(chances, 2)], axis=0)


def training_text_noise(seed, step, shape):
    """Return what is added to the sentence vectors at a training step.

    Args:
        seed: int. The model's seed.
        step: int or scalar tensor. Steps done.
        shape: Shape of the vectors, this replica's.

    Returns:
        float32 tensor of that shape, standard normal.
    """
    shape = [shape[0] * num_replicas(), *shape[1:]]
    return own_rows(tf.random.stateless_normal(shape, _pair(seed + 2, step)))


class TrainingChance:
    """What a model with a `seed` and a `generator` draws at a step of its training."""

    def draw_noise(self, step, batch_size):
        """Return the generator's noise, see `training_noise`."""
        return training_noise(self.seed, step, batch_size, self.generator.noise_dim)

    def draw_chances(self, step, batch_size):
        """Return what `DiffAugment` needs, see `training_chances`."""
        return training_chances(self.seed, step, batch_size)

    def draw_text_noise(self, step, shape):
        """Return what is added to the text, see `training_text_noise`."""
        return training_text_noise(self.seed, step, shape)


def _pair(seed, step):
    return tf.stack([tf.cast(seed, tf.int32), tf.cast(step, tf.int32)])


def noise_from_seed(seed, noise_dim, truncation=None):
    """Return the noise that belongs to a seed, `(noise_dim,)` float32, standard normal.

    The exported graph draws the same.

    Args:
        seed: int or scalar tensor.
        noise_dim: int.
        truncation: float, or None for all of the normal distribution. Each number is
            moved to the same quantile of the normal distribution cut off at plus and
            minus this.

    Raises:
        ValueError: If `truncation` is not positive.
    """
    seed = tf.stack([tf.cast(seed, tf.int64), tf.constant(0, tf.int64)])
    noise = tf.random.stateless_normal([noise_dim], seed)
    if truncation is None:
        return noise
    if truncation <= 0:
        raise ValueError(
            f"`truncation` must be positive. Received: truncation={truncation}"
        )
    edge = tf.math.erf(tf.constant(truncation / 2**0.5, tf.float32))
    quantile = tf.math.erf(noise / 2**0.5) * edge
    return 2**0.5 * tf.math.erfinv(quantile)
