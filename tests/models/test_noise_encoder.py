"""Noise found in pictures: what it is drawn from, and how it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras import losses
from aigc_keras.models import LossWeights, TextToImageGAN
from aigc_keras.models.noise_encoder import sample_noise
from aigc_keras.models.objective import generator_inputs, loss_terms


def plain(**weights):
    return LossWeights(**{"layout": 0.0, "diversity": 0.0, **weights})


def as_tensors(batch):
    return {key: tf.constant(value) for key, value in batch.items()}


def give_answers(encoder, seed=0):
    """Let a fresh encoder, whose heads begin at zero, say something."""
    rng = np.random.default_rng(seed)
    for name in ("mean", "log_variance"):
        layer = encoder.get_layer(name)
        shapes = [weight.shape for weight in layer.weights]
        layer.set_weights([rng.normal(0, 0.3, shape) for shape in shapes])


def test_noise_is_scaled_and_moved_as_was_found():
    found = {"mean": np.full((1, 3), 2.0), "log_variance": np.full((1, 3), np.log(4.0))}
    noise = sample_noise(found, np.array([[-1.0, 0.0, 1.0]]))
    np.testing.assert_allclose(noise, [[0.0, 2.0, 4.0]], rtol=1e-6)


def test_half_the_drawings_have_the_noise_of_their_own_pictures(make_gan, make_batch):
    gan, batch = make_gan(noise_encoder=True), as_tensors(make_batch(6))
    gan.compile(loss_weights=plain(divergence=0.5, reconstruction=3.0))
    give_answers(gan.noise_encoder)
    inputs, divergence = generator_inputs(gan, batch, training=True)
    text, standard = batch["text_embedding"], gan.draw_noise(0, 6)
    found = gan.noise_encoder({"image": batch["image"][:3], "text_embedding": text[:3]})
    np.testing.assert_allclose(
        inputs["noise"][:3], sample_noise(found, standard[:3]), rtol=1e-5
    )
    np.testing.assert_array_equal(inputs["noise"][3:], standard[3:])
    np.testing.assert_array_equal(inputs["text_embedding"][3:], text[:3])
    expected = losses.noise_divergence(found["mean"], found["log_variance"])
    np.testing.assert_allclose(divergence, expected, rtol=1e-5)
    fake = gan.generator(inputs)
    terms, _ = loss_terms(gan, batch, fake, True, divergence)
    near = np.abs(fake[:3] - batch["image"][:3]).mean()
    np.testing.assert_allclose(terms["reconstruction"], near, rtol=1e-4)
    np.testing.assert_allclose(
        terms["generator_loss"],
        terms["generator_adversarial"] + 3 * near + 0.5 * divergence,
        rtol=1e-4,
    )


def test_the_encoder_follows_the_generators_loss(make_gan, make_batch):
    """Plain descent by one tape around everything gives what the step gives."""
    gan, batch = make_gan(noise_encoder=True), make_batch()
    gan.compile(
        keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), loss_weights=plain()
    )
    give_answers(gan.noise_encoder)
    data, variables = as_tensors(batch), gan.drawing_variables
    with tf.GradientTape() as tape:
        inputs, divergence = generator_inputs(gan, data, training=True)
        fake = gan.generator(inputs, training=True)
        terms, _ = loss_terms(gan, data, fake, True, divergence)
    slopes = tape.gradient(terms["generator_loss"], variables)
    expected = [v.numpy() - 0.1 * s for v, s in zip(variables, slopes, strict=True)]
    assert any(np.any(s) for s in slopes[-4:])
    gan.train_on_batch(batch)
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_pictures_come_back_better_as_it_learns(make_gan, make_batch):
    gan, batch = make_gan(noise_encoder=True), make_batch(8)
    # One flat colour a picture, about which the captions say nothing.
    colours = np.random.default_rng(0).uniform(-0.9, 0.9, (8, 1, 1, 3))
    batch["image"] = np.broadcast_to(colours, (8, 32, 32, 3)).astype("float32")
    batch["text_embedding"] = np.ones_like(batch["text_embedding"])
    gan.compile(keras.optimizers.Adam(5e-3), loss_weights=plain(divergence=0.001))
    first = gan.train_on_batch(batch, return_dict=True)["reconstruction"]
    for _ in range(150):
        gan.reset_metrics()
        last = gan.train_on_batch(batch, return_dict=True)["reconstruction"]
    assert last < 0.5 * first


def test_it_is_saved_and_shared_with_the_model(make_gan, make_batch, tmp_path):
    gan = make_gan(noise_encoder=True)
    gan.compile()
    gan.train_on_batch(make_batch())
    gan.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    for part in ("noise_encoder", "ema_noise_encoder"):
        pairs = zip(
            getattr(gan, part).weights, getattr(loaded, part).weights, strict=True
        )
        for one, other in pairs:
            np.testing.assert_array_equal(one, other)
    again = [one.train_on_batch(make_batch(seed=1)) for one in (gan, loaded)]
    assert again[0] == again[1]
