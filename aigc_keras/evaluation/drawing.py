"""Draws many captions for a measurement."""

import numpy as np

from aigc_keras.models.randomness import noise_from_seed


def draw_captions(gan, captions, seed=0, repeats=1):
    """Draw captions in batches with the averaged generator.

    Many times faster than `generate`, whose pixels these are but for rounding.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        captions: List of n str.
        seed: int. Drawing `i` has the noise of seed `seed + i`.
        repeats: int. Drawings of each caption, one after the other.

    Returns:
        uint8 array `(n * repeats, image_size, image_size, 3)`.
    """
    vectors = gan.text_encoder.embed(*gan.text_encoder.tokenize(captions))
    vectors = np.repeat(vectors, repeats, axis=0)
    dim = gan.generator.noise_dim
    noise = [noise_from_seed(seed + i, dim) for i in range(len(vectors))]
    return gan.draw(vectors, np.stack(noise))
