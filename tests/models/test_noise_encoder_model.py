"""A noise encoder learns after the GAN, which stays as it is."""

import keras
import numpy as np
import pytest

from aigc_keras import losses
from aigc_keras.models import Generator, ImageEncoder, NoiseEncoder
from aigc_keras.models.noise_encoder_model import NoiseEncoderModel

TEXT_DIM, NOISE_DIM = 8, 4


@pytest.fixture
def make_model():
    def make(**kwargs):
        # Of the first three, the seed 0 makes a generator that hides most of its noise.
        keras.utils.set_random_seed(1)
        generator = Generator(
            32, TEXT_DIM, noise_dim=NOISE_DIM, base_channels=4, condition_dim=16
        )
        # A fresh generator says little by its noise.
        for weight in generator.trainable_variables:
            if "dense" in weight.path or "condition" in weight.path:
                weight.assign(3 * weight)
        generator.trainable = False
        encoder = NoiseEncoder(
            32, TEXT_DIM, NOISE_DIM, base_channels=4, hidden_dim=32, name="encoder"
        )
        judge = ImageEncoder(32, output_dim=8, vocabulary_size=9, base_channels=2)
        judge.trainable = False
        model = NoiseEncoderModel(encoder, generator, judge, **kwargs)
        model.compile(optimizer=keras.optimizers.Adam(3e-3), jit_compile=False)
        return model

    return make


def make_batch(model, number=16, seed=0):
    """Pictures that the generator itself drew, and their noise."""
    rng = np.random.default_rng(seed)
    text = rng.normal(size=(number, TEXT_DIM)).astype("float32")
    noise = rng.normal(size=(number, NOISE_DIM)).astype("float32")
    image = model.generator({"text_embedding": text, "noise": noise})
    return {"image": np.asarray(image), "text_embedding": text}, noise


def test_the_loss_is_its_four_terms(make_model):
    model = make_model(reconstruction=3.0, likeness=4.0, divergence=0.5, recovery=2.0)
    batch, _ = make_batch(model)
    seen = model(batch)
    found, recovered = seen["found"], seen["recovered"]
    vectors = [
        np.asarray(model.judge(x)["image_vector"])
        for x in (batch["image"], seen["image"])
    ]
    norms = np.prod([np.linalg.norm(v, axis=-1) for v in vectors], axis=0)
    cosine = np.sum(vectors[0] * vectors[1], axis=-1) / norms
    np.testing.assert_allclose(seen["likeness"], cosine, rtol=1e-4)
    blind = NoiseEncoderModel(model.encoder, model.generator)
    np.testing.assert_array_equal(blind(batch)["likeness"], np.ones(16))
    expected = (
        4 * (1 - cosine.mean())
        + 3 * np.abs(np.asarray(seen["image"]) - batch["image"]).mean()
        + 0.5 * float(losses.noise_divergence(found["mean"], found["log_variance"]))
        + 2 * float(losses.noise_likelihood_loss(seen["known"], **recovered))
    )
    assert float(model.compute_loss(batch, y_pred=seen)) == pytest.approx(
        expected, rel=1e-4
    )


def test_it_learns_and_the_generator_stays(make_model):
    model = make_model()
    batch, noise = make_batch(model)
    before = model.generator.get_weights()
    assert len(model.trainable_variables) == len(model.encoder.trainable_variables)

    def error():
        mean = np.asarray(model.encoder(batch)["mean"])
        drawn = model.generator(
            {"text_embedding": batch["text_embedding"], "noise": mean}
        )
        far = np.abs(mean - noise).mean()
        return np.abs(np.asarray(drawn) - batch["image"]).mean(), far

    first = error()
    for _ in range(400):
        model.train_on_batch(batch)
        model.reset_metrics()
    last = error()
    assert last[0] < 0.6 * first[0] and last[1] < 0.8 * first[1]
    for old, new in zip(before, model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_one_seed_is_one_training(make_model):
    made = []
    for _ in range(2):
        model = make_model(seed=3)
        batch, _ = make_batch(model)
        for _ in range(3):
            model.train_on_batch(batch)
        made.append(model.encoder.get_weights())
    for one, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_comes_back_from_its_folder(make_model, tmp_path):
    encoder = make_model().encoder
    encoder.save_to_preset(tmp_path / "noise_encoder")
    again = NoiseEncoder.from_preset(tmp_path / "noise_encoder")
    assert again.hidden_dim == 32 and again.name == "noise_encoder"
    for one, other in zip(encoder.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="noise encoder's folder must hold"):
        NoiseEncoder.from_preset(tmp_path)
