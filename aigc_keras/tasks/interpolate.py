"""Walks between captions and between noises, and sliders along a change of words."""

import numpy as np

from aigc_keras.models.randomness import noise_from_seed

# Vectors that lie nearly on one line have no arc of their own between them.
SMALLEST_SINE = 1e-6


def spherical(first, second, share):
    """Return points on the arc from one vector to another.

    Normal noise and the sentence vectors of a trained text side lie on a shell: those
    of an earlier `shapes_64` were 22.2 long, give or take 0.3. A straight line cut
    through the shell, to a length of 18.1 half-way, where nothing was trained on; the
    arc keeps the length, and the discriminator found its pictures truer at every place
    between the ends (`benchmarks/interpolation.py`).

    Reference: Shoemake, 1985, "Animating rotation with quaternion curves" (sec. 3.3);
    White, 2016, "Sampling generative networks" (sec. 2.1). As there, both vectors keep
    their own lengths; on one line the arc becomes straight.

    Args:
        first: float array `(..., dim)`.
        second: float array `(..., dim)`.
        share: float or float array `(...)`: 0 is `first`, 1 is `second`, exactly.

    Returns:
        float64 array `(..., dim)`.

    Example:
    >>> from aigc_keras.tasks.interpolate import spherical
    >>> spherical([1.0, 0.0], [0.0, 1.0], 0.5).round(3).tolist()
    [0.707, 0.707]
    """
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    share = np.asarray(share, "float64")[..., None]
    lengths = _length(first) * _length(second)
    cosine = (first * second).sum(axis=-1, keepdims=True) / np.maximum(lengths, 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    curved = sine > SMALLEST_SINE
    divisor = np.where(curved, sine, 1)
    before = np.where(curved, np.sin((1 - share) * angle) / divisor, 1 - share)
    after = np.where(curved, np.sin(share * angle) / divisor, share)
    return before * first + after * second


def slide(start, change, amount):
    """Return a vector moved along a change, further than all the way or backwards too.

    Beyond the ends the vector keeps the length that it has there, and between them it
    passes from one to the other: a longer one would lie outside the shell, see
    `spherical`. On an earlier `shapes_64`, at an amount of 2, this kept 74 of 100
    attributes that should not change, where plain addition kept 54
    (`benchmarks/interpolation.py`).

    Args:
        start: float array `(..., dim)`.
        change: float array `(..., dim)`, what is added at an amount of 1.
        amount: float or float array `(...)`.

    Returns:
        float64 array `(..., dim)`.
    """
    start, change = np.asarray(start, "float64"), np.asarray(change, "float64")
    amount = np.asarray(amount, "float64")[..., None]
    moved = start + amount * change
    within = np.clip(amount, 0, 1)
    length = (1 - within) * _length(start) + within * _length(start + change)
    at_an_end = (amount == 0) | (amount == 1)
    scale = np.where(at_an_end, 1, length / np.maximum(_length(moved), 1e-12))
    return scale * moved


def draw_walk(
    gan, captions, frames=16, seed=0, to_seed=None, loop=False, truncation=None
):
    """Draw the way from caption to caption, from one noise to another, or both.

    The first frame is `gan.generate(first_caption, seed)` to the pixel, the last one
    `gan.generate(last_caption, to_seed)`, and every caption has a frame of its own.
    With two seeds the noise moves over the whole walk, along the arc between them.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        captions: Sequence of str; one is enough with two seeds.
        frames: int. Number of pictures.
        seed: int. Seed of the noise at the first caption.
        to_seed: int. Seed of the noise at the last caption; default the same noise.
        loop: bool. Whether the walk goes back to where it began; the first frame is not
            repeated at the end.
        truncation: float or None. See `TextToImageGAN.generate`.

    Returns:
        uint8 array `(frames, image_size, image_size, 3)`.

    Raises:
        ValueError: If there is nowhere to go, or there are fewer frames than captions.
    """
    captions = list(captions)
    if len(captions) == 1 and to_seed is not None:
        captions *= 2
    if len(captions) < 2:
        raise ValueError(
            "A walk needs at least two captions, or one and two seeds. "
            f"Received: {len(captions)} captions and to_seed={to_seed}"
        )
    if frames < len(captions):
        raise ValueError(
            "A walk needs at least one frame a caption, two for one caption and two "
            f"seeds. Received: frames={frames} for {len(captions)} places"
        )
    vectors = encode_each(gan, captions)
    ends = [_noise(gan, seed, truncation)]
    ends.append(ends[0] if to_seed is None else _noise(gan, to_seed, truncation))
    noise = spherical(*ends, np.linspace(0, 1, len(captions)))
    places = _frame_places(len(captions), frames, loop)
    # One row at a time, as `generate` draws: a larger batch rounds differently.
    return gan.draw(_along(vectors, places), _along(noise, places), batch_size=1)


def draw_slider(gan, less, more, amounts, caption=None, seed=0, truncation=None):
    """Draw a caption with more and less of what tells two other captions apart.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        less: str. Caption.
        more: str. Caption that differs in what is to be changed.
        amounts: Sequence of float: at 0 `caption` is drawn as it is, at 1 with the
            whole difference. Below 0 and up to about 1.5 most else stays as it is;
            further out it does not.
        caption: str. Default `less`, so that 1 is `more` to the pixel.
        seed: int. Seed of the noise, the same for all.
        truncation: float or None. See `TextToImageGAN.generate`.

    Returns:
        uint8 array `(len(amounts), image_size, image_size, 3)`.

    Raises:
        ValueError: If there is no amount, or one is no finite number.
    """
    amounts = np.asarray(amounts, "float64")
    if not amounts.size or not np.isfinite(amounts).all():
        raise ValueError(
            "`amounts` must hold at least one finite number. "
            f"Received: amounts={amounts.tolist()}"
        )
    start, less, more = encode_each(
        gan, [less if caption is None else caption, less, more]
    )
    vectors = slide(start, more.astype("float64") - less, amounts)
    noise = np.repeat(_noise(gan, seed, truncation)[None], len(vectors), axis=0)
    return gan.draw(vectors, noise, batch_size=1)


def encode_each(gan, captions):
    """Return sentence vectors as `generate` makes them, `(n, text_dim)` float32.

    Raises:
        CaptionError: If a caption is empty, too long or not text.
        ValueError: If the model has no text encoder.
    """
    if gan.text_encoder is None:
        raise ValueError(
            "Captions need a model with a text encoder. Received: text_encoder=None"
        )
    # One at a time: a larger batch rounds differently.
    rows = [gan.text_encoder.encode([text])["text_embedding"] for text in captions]
    return np.concatenate(rows)


def _noise(gan, seed, truncation):
    truncation = gan.truncation if truncation is None else truncation
    return np.asarray(noise_from_seed(seed, gan.generator.noise_dim, truncation))


def _frame_places(num_stops, frames, loop):
    # Whole numbers are stops; the one after the last is the first again.
    legs, steps = (num_stops, frames) if loop else (num_stops - 1, frames - 1)
    frame_of_stop = np.linspace(0, steps, legs + 1).round()
    return np.interp(np.arange(frames), frame_of_stop, np.arange(legs + 1))


def _along(stops, places):
    """Return the points at places of a round trip through stops."""
    leg = np.floor(places).astype(int)
    following = stops[(leg + 1) % len(stops)]
    return spherical(stops[leg], following, places - leg)


def _length(vectors):
    return np.linalg.norm(vectors, axis=-1, keepdims=True)
