"""Makes a generator's noise standard normal: what was found in pictures, whitened."""

import numpy as np

from aigc_keras.models.editing import embed_captions
from aigc_keras.models.prediction import predict_in_batches
from aigc_keras.progress import progress_bar

# So many pictures tell how noise is distributed.
MOST_IMAGES = 2000
BATCH_SIZE = 50
# What a variance is taken for at the least.
SMALLEST = 1e-6


def standardize_noise(gan, dataset):
    """Let standard normal noise draw what the noise found in pictures draws.

    A noise encoder's weak divergence term leaves the noise of real pictures with a mean
    and a covariance of its own: a few directions in which pictures differ much are
    wide, all others narrow. Only what is drawn from such noise is compared with
    pictures; from standard normal noise backgrounds are too much alike and, after a
    short training, full of specks. Here a normal distribution is fitted to what the
    averaged encoder finds, and the linear map to it becomes part of the weights, of
    both generators and, inverted, of both encoders: drawn again from the mean of its
    noise a picture stays the same.

    It belongs after the last `fit`: an optimizer's moments stay what they were. After a
    training on few pictures less may be drawn as asked than before: measure both.

    Reference: Ghosh et al., 2020, "From variational to deterministic autoencoders"
    (sec. 4, ex-post density estimation); Dai and Wipf, 2019, "Diagnosing and enhancing
    VAE models" (sec. 3). Deviation: of each new number of the noise the encoder's
    variance becomes the mean over the pictures, and what varies together is left out.

    Args:
        gan: `TextToImageGAN` with a noise encoder and a text encoder; changed in place.
        dataset: `CaptionedDataset` of its image size; 2,000 images at most are read.

    Returns:
        Tuple of float32 arrays `mean` `(noise_dim,)` and `root`
        `(noise_dim, noise_dim)`: the noise of before is `mean + noise @ root`.

    Raises:
        ValueError: If the model has no noise encoder or no text encoder.
    """
    for name in ("noise_encoder", "text_encoder"):
        if getattr(gan, name) is None:
            raise ValueError(
                "Noise is standardized for a model that finds it in pictures and their "
                f"captions. Received: {name}=None"
            )
    means, variances = _find_noise(gan, dataset)
    mean = means.mean(axis=0)
    centred = means - mean
    covariance = centred.T @ centred / len(means) + np.diag(variances)
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, SMALLEST)
    # The symmetric root turns the noise the least.
    root = (vectors * values**0.5) @ vectors.T
    inverse = (vectors * values**-0.5) @ vectors.T
    for generator in (gan.generator, gan.ema_generator):
        _draw_from(generator, mean, root)
    new_variances = variances @ inverse**2
    for encoder in (gan.noise_encoder, gan.ema_noise_encoder):
        _find_in(encoder, mean, inverse, new_variances)
    return mean.astype("float32"), root.astype("float32")


def _find_noise(gan, dataset):
    """Return the noise found in pictures, its means and its mean variances."""
    number = min(MOST_IMAGES, dataset.num_images)
    rows = np.linspace(0, dataset.num_images - 1, number).astype("int64")
    means, variances = [], []
    with progress_bar("Noise is standardized") as update:
        for start in range(0, number, BATCH_SIZE):
            part = rows[start : start + BATCH_SIZE]
            # Now one of an image's captions, now another: in all languages.
            told = [dataset.captions[row] for row in part]
            told = [texts[i % len(texts)] for i, texts in enumerate(told)]
            inputs = {
                "image": dataset.model_images(part),
                "text_embedding": embed_captions(gan, told),
            }
            found = predict_in_batches(gan.ema_noise_encoder, inputs, BATCH_SIZE)
            means.append(found["mean"])
            variances.append(np.exp(found["log_variance"]))
            update(start + len(part), number)
    means = np.concatenate(means).astype("float64")
    return means, np.concatenate(variances).astype("float64").mean(axis=0)


def _draw_from(generator, mean, root):
    """Put `mean + noise @ root` in the place of the noise."""
    for layer in _readers_of_noise(generator):
        kernel, bias = (np.asarray(w, "float64") for w in layer.get_weights())
        of_noise = kernel[generator.text_dim :]
        bias = bias + mean @ of_noise
        kernel[generator.text_dim :] = root @ of_noise
        layer.set_weights([kernel, bias])


def _readers_of_noise(generator):
    """Return the dense layers that read text and noise side by side."""
    if generator.condition_layers:
        return [generator.get_layer("condition_0")]
    modulations = [
        layer.projection
        for layer in generator.layers
        if layer.name.endswith("_modulation")
    ]
    return [generator.get_layer("seed"), *modulations]


def _find_in(encoder, mean, inverse, variances):
    layer = encoder.get_layer("mean")
    kernel, bias = (np.asarray(w, "float64") for w in layer.get_weights())
    layer.set_weights([kernel @ inverse, (bias - mean) @ inverse])
    layer = encoder.get_layer("log_variance")
    kernel, bias = layer.get_weights()
    layer.set_weights([np.zeros_like(kernel), np.log(variances)])
