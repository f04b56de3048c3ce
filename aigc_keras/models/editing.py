"""Pictures drawn once more, otherwise: their noise is found, their sentence moved."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from aigc_keras.datasets.pipeline import to_model_range
from aigc_keras.language.text_encoder import check_captions
from aigc_keras.models.drawing import draw_vectors
from aigc_keras.models.noise_encoder import sample_noise
from aigc_keras.models.prediction import predict_in_batches
from aigc_keras.models.randomness import noise_from_seed

BATCH_SIZE = 64
STRONGEST = 2.0
# Of the refinement, beside a mean difference of pixels: what the judge sees, how far
# the noise is from where it was found, and how far the sentence vector is moved.
FEATURE_WEIGHT = 0.1
NOISE_WEIGHT = 0.001
OFFSET_WEIGHT = 0.1
LEARNING_RATE = 0.03


def plan_edit(gan, images, sentences, source_captions=None):
    """Return what pictures show, and what they are to show.

    Args:
        gan: `TextToImageGAN`.
        images: uint8 array `(n, image_size, image_size, 3)`.
        sentences: Sequence of n str: instructions where the model has an instruction
            reader, else captions.
        source_captions: Sequence of n str, or None: the model's captioner describes
            the pictures.

    Returns:
        Tuple of two lists of n str.

    Raises:
        CaptionError: If a sentence or caption is empty, too long or not text.
        ValueError: If the numbers differ, or a captioner is needed and there is none.
    """
    sentences = check_captions(sentences)
    if source_captions is None:
        captioner = gan.captioner or gan.companions.captioner
        if captioner is None:
            raise ValueError(
                "The caption of what the picture shows must be given where the model "
                "has no captioner; train one with `aigc-keras train --task captioner`. "
                "Received: none"
            )
        source_captions = captioner.caption(images)
    source_captions = check_captions(source_captions)
    if not len(images) == len(sentences) == len(source_captions):
        raise ValueError(
            "Pictures, sentences and captions must be equally many. Received: "
            f"{len(images)}, {len(sentences)} and {len(source_captions)}"
        )
    reader = gan.companions.instruction_reader
    if reader is None:
        return source_captions, sentences
    return source_captions, reader.read(source_captions, sentences)


def draw_edit(
    gan,
    images,
    source_captions,
    target_captions,
    strength=1.0,
    seed=None,
    refine_steps=0,
    on_step=None,
):
    """Draw pictures with their own noise and another sentence.

    Args:
        gan: `TextToImageGAN` with a noise encoder.
        images: uint8 array `(n, image_size, image_size, 3)`.
        source_captions: Sequence of n str.
        target_captions: Sequence of n str.
        strength: float from 0 to 2. How far the sentence vector moves from the source's
            to the target's; 0 draws the picture itself.
        seed: int, or None. See `find_noise`.
        refine_steps: int. See `refine_noise`.
        on_step: Function `(done, total)` called after each of these, for progress.

    Returns:
        uint8 array `(n, image_size, image_size, 3)`.

    Raises:
        ValueError: If the model has no noise encoder or `strength` is out of range.
    """
    if not 0 <= strength <= STRONGEST:
        raise ValueError(
            f"`strength` must lie from 0 to {STRONGEST:g}. Received: {strength}"
        )
    if refine_steps < 0:
        raise ValueError(f"`refine_steps` must be 0 or more. Received: {refine_steps}")
    if not len(images):
        return images
    source = embed_captions(gan, source_captions)
    noise = find_noise(gan, images, source, seed)
    target = embed_captions(gan, target_captions)
    start = source
    if refine_steps:
        noise, start = refine_noise(gan, images, source, noise, refine_steps, on_step)
    text = move_vectors(start, target + (start - source), strength)
    return draw_vectors(gan, text, noise, BATCH_SIZE)


def move_vectors(start, end, strength):
    """Return vectors moved along straight lines, their lengths as at the ends.

    Sentence vectors lie on a shell; a longer or a shorter one was never trained on.

    Args:
        start: float array `(n, dim)`.
        end: float array `(n, dim)`.
        strength: float. 0 is `start`, 1 is `end`.

    Returns:
        float array `(n, dim)`.
    """
    moved = start + strength * (end - start)
    lengths = [np.linalg.norm(x, axis=-1, keepdims=True) for x in (start, end, moved)]
    share = min(strength, 1.0)
    wanted = (1 - share) * lengths[0] + share * lengths[1]
    return moved * wanted / np.maximum(lengths[2], 1e-12)


def embed_captions(gan, captions):
    """Return the sentence vectors of captions, `(n, text_dim)` float32."""
    if gan.text_encoder is None:
        raise ValueError(
            "A picture is edited by a model with a text encoder. "
            "Received: text_encoder=None"
        )
    starts = range(0, len(captions), BATCH_SIZE)
    rows = [
        gan.text_encoder.encode(captions[start : start + BATCH_SIZE])["text_embedding"]
        for start in starts
    ]
    return np.concatenate(rows)


def find_noise(gan, images, text_embedding, seed=None):
    """Return the noise under which sentences would be drawn as pictures.

    Args:
        gan: `TextToImageGAN` with a noise encoder.
        images: uint8 array `(n, image_size, image_size, 3)`.
        text_embedding: float array `(n, text_dim)`, what the pictures show.
        seed: int: the noise is drawn from the distribution that was found, that of
            picture `i` with seed `seed + i`. None: its mean, the likeliest.

    Returns:
        float32 array `(n, noise_dim)`.

    Raises:
        ValueError: If the model has no noise encoder.
    """
    if gan.noise_finder is None:
        raise ValueError(
            "A picture is edited by a model with a noise encoder; train one with "
            "`aigc-keras train --task encoder`. Received: noise_encoder=None"
        )
    inputs = {"image": to_model_range(images).numpy(), "text_embedding": text_embedding}
    found = predict_in_batches(gan.noise_finder, inputs, BATCH_SIZE)
    if seed is None:
        return found["mean"]
    dim = gan.generator.noise_dim
    standard = [noise_from_seed(seed + i, dim) for i in range(len(images))]
    return ops.convert_to_numpy(sample_noise(found, np.stack(standard)))


def refine_noise(gan, images, text_embedding, noise, steps, on_step=None):
    """Move noise, and sentences a little, to where pictures are drawn more closely.

    Adam on the noise and on an offset of the sentence vector, from where the noise
    encoder began. A picture's path does not depend on the others'.

    Reference: Zhu et al., 2016, "iGAN" (sec. 3.1, eq. 3 and 5: inversion by
    optimisation after prediction by a network). Deviations: Adam for L-BFGS, the
    judge's features for AlexNet's, and an offset of the text.

    Args:
        gan: `TextToImageGAN`.
        images: uint8 array `(n, image_size, image_size, 3)`.
        text_embedding: float array `(n, text_dim)`, what the pictures show.
        noise: float array `(n, noise_dim)`, where to begin.
        steps: int.
        on_step: Function `(done, total)` called after each step, for progress.

    Returns:
        Tuple of float32 arrays: noise `(n, noise_dim)` and sentence vectors
        `(n, text_dim)`.
    """
    batches = range(0, len(images), BATCH_SIZE)
    refine = _Refinement(gan)
    found = []
    for done, start in enumerate(batches):
        rows = slice(start, start + BATCH_SIZE)

        def show(step, done=done):
            if on_step:
                on_step(done * steps + step, len(batches) * steps)

        found.append(
            refine(
                to_model_range(images[rows]),
                tf.constant(text_embedding[rows]),
                tf.constant(noise[rows]),
                steps,
                show,
            )
        )
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


class _Refinement:
    """The steps of `refine_noise` on one batch, compiled once a batch size."""

    def __init__(self, gan):
        self.generator, self.judge = gan.ema_generator, gan.judge

    def __call__(self, image, text, noise, steps, on_step):
        moved = [keras.Variable(noise), keras.Variable(ops.zeros_like(text))]
        optimizer = keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
        )
        optimizer.build(moved)
        seen = self._look(image)

        @tf.function(autograph=False)
        def step():
            with tf.GradientTape() as tape:
                loss = self._loss(image, seen, text, noise, *moved)
            optimizer.apply(tape.gradient(loss, [v.value for v in moved]), moved)

        for number in range(1, steps + 1):
            step()
            on_step(number)
        return moved[0].numpy(), (text + moved[1]).numpy()

    def _look(self, image):
        if self.judge is None:
            return None
        return ops.normalize(self.judge(image, training=False)["image_vector"])

    def _loss(self, image, seen, text, start, noise, offset):
        drawn = self.generator({"text_embedding": text + offset, "noise": noise})
        loss = ops.mean(ops.abs(drawn - image), axis=(1, 2, 3))
        if seen is not None:
            loss += FEATURE_WEIGHT * (1 - ops.sum(seen * self._look(drawn), axis=-1))
        loss += NOISE_WEIGHT * ops.mean((noise - start) ** 2, axis=-1)
        scale = ops.mean(text**2, axis=-1)
        loss += OFFSET_WEIGHT * ops.mean(offset**2, axis=-1) / scale
        # A sum, so that each row goes its own way.
        return ops.sum(loss)


def check_pictures(gan, images):
    """Return pictures as a batch, or say what is wrong with them.

    Args:
        gan: `TextToImageGAN`.
        images: uint8 array `(n, image_size, image_size, 3)`, or one picture without
            the first axis.

    Raises:
        ValueError: If they are not of the model's size.
    """
    images = np.asarray(images)
    images = images[None] if images.ndim == 3 else images
    side = gan.generator.image_size
    if images.dtype != np.uint8 or images.shape[1:] != (side, side, 3):
        raise ValueError(
            f"`images` must be a uint8 array of shape (n, {side}, {side}, 3). "
            f"Received: {images.dtype} {images.shape}"
        )
    return images
