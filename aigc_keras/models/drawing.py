"""From captions, or their vectors, to pixels."""

import numpy as np

from aigc_keras.datasets.pipeline import to_pixels
from aigc_keras.language.text_encoder import check_captions
from aigc_keras.models.prediction import predict_in_batches
from aigc_keras.models.randomness import noise_from_seed


def draw_captions(gan, captions, seed, truncation):
    """Draw captions one by one; see `TextToImageGAN.generate`."""
    if gan.text_encoder is None:
        raise ValueError(
            "`generate` needs a model with a text encoder. Received: text_encoder=None"
        )
    captions = check_captions(captions)
    seeds = [seed + i for i in range(len(captions))] if np.ndim(seed) == 0 else seed
    if len(seeds) != len(captions):
        raise ValueError(
            "`seed` must be one int or one int a caption. "
            f"Received: {len(seeds)} seeds for {len(captions)} captions"
        )
    if truncation is None:
        truncation = gan.truncation
    images = []
    for caption, row_seed in zip(captions, seeds, strict=True):
        # One row at a time: a matrix product rounds differently in a larger batch.
        embedding = gan.text_encoder.encode([caption])["text_embedding"]
        noise = noise_from_seed(int(row_seed), gan.generator.noise_dim, truncation)
        images.append(draw_vectors(gan, embedding, noise[None], batch_size=1)[0])
    side = gan.generator.image_size
    return np.stack(images) if images else np.zeros((0, side, side, 3), "uint8")


def draw_vectors(gan, text_embedding, noise, batch_size):
    """Draw sentence vectors in batches; see `TextToImageGAN.draw`."""
    inputs = {
        "text_embedding": np.asarray(text_embedding, "float32"),
        "noise": np.asarray(noise, "float32"),
    }
    images = predict_in_batches(gan.ema_generator, inputs, batch_size)
    return to_pixels(images).numpy()
