"""Networks whose weights are moving averages of the trained ones'."""

from keras import ops

from aigc_keras.models.replicas import assign_all


def averaged_copy(network):
    """Return a float32 network with the same weights, not trainable."""
    config = network.get_config()
    config = {**config, "dtype": "float32", "name": f"ema_{config['name']}"}
    copy = type(network).from_config(config)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy


def move_average(average, network, step, batch_size, half_life):
    """Move an averaged network towards the trained one, in place.

    `beta = 0.5 ** (batch / half_life)` (Karras et al., 2020, StyleGAN2), smaller in the
    first steps, so that the untrained weights are soon forgotten.

    Args:
        average: The network that `averaged_copy` made.
        network: The trained one.
        step: int scalar. Steps taken.
        batch_size: int scalar. Images of this step, on all replicas.
        half_life: float. Images after which a weight's share has halved.
    """
    step = ops.cast(step, "float32")
    beta = 0.5 ** (ops.cast(batch_size, "float32") / half_life)
    beta = ops.minimum(beta, (1.0 + step) / (10.0 + step))
    pairs = zip(average.weights, network.weights, strict=True)
    values = [old + (1.0 - beta) * (new - old) for old, new in pairs]
    assign_all(average.weights, values)


def move_averages(gan, batch_size):
    """Move every averaged network of a compiled `TextToImageGAN` by one step."""
    averages = [(gan.ema_generator, gan.generator)]
    if gan.noise_encoder is not None:
        averages.append((gan.ema_noise_encoder, gan.noise_encoder))
    step = gan.optimizer.iterations
    for average, network in averages:
        move_average(average, network, step, batch_size, gan.ema_half_life)
