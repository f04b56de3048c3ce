"""The generator whose weights are a moving average of the trained one's."""

from keras import ops


def averaged_copy(generator):
    """Return a float32 generator with the same weights, not trainable."""
    config = {**generator.get_config(), "dtype": "float32", "name": "ema_generator"}
    copy = type(generator).from_config(config)
    copy.set_weights(generator.get_weights())
    copy.trainable = False
    return copy


def move_average(average, generator, step, batch_size, half_life):
    """Move an averaged generator towards the trained one, in place.

    `beta = 0.5 ** (batch / half_life)` (Karras et al., 2020, StyleGAN2), smaller in the
    first steps, so that the untrained weights are soon forgotten.

    Args:
        average: The generator that `averaged_copy` made.
        generator: The trained one.
        step: int scalar. Steps taken.
        batch_size: int scalar. Images of this step.
        half_life: float. Images after which a weight's share has halved.
    """
    step = ops.cast(step, "float32")
    beta = 0.5 ** (ops.cast(batch_size, "float32") / half_life)
    beta = ops.minimum(beta, (1.0 + step) / (10.0 + step))
    for old, new in zip(average.weights, generator.weights, strict=True):
        old.assign(old + (1.0 - beta) * (new - old))
