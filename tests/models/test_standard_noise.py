"""The noise of real pictures becomes standard normal noise."""

import keras
import numpy as np
import pytest

from aigc_keras.models import Generator, TextToImageGAN
from aigc_keras.models.editing import embed_captions
from aigc_keras.models.standard_noise import standardize_noise

NUMBER = 24


@pytest.fixture
def make_finding_gan(make_gan, tiny_language):
    """A function that builds a tiny model whose encoder and noise say something."""

    def make(condition_layers=2):
        gan = make_gan(text_encoder=tiny_language[0], noise_encoder=True)
        text_dim, noise_dim = gan.generator.text_dim, gan.generator.noise_dim
        keras.utils.set_random_seed(1)
        generator = Generator(
            32,
            text_dim,
            noise_dim,
            base_channels=2,
            condition_dim=8,
            condition_layers=condition_layers,
            dtype="float32",
        )
        gan = TextToImageGAN(
            generator,
            gan.discriminator,
            gan.text_encoder,
            noise_encoder=gan.noise_encoder,
        )
        rng = np.random.default_rng(2)
        for network in (generator, gan.noise_encoder):
            for variable in network.trainable_variables:
                if "modulation" in variable.path or "mean" in variable.path:
                    variable.assign(0.1 * rng.normal(size=variable.shape))
                if "log_variance" in variable.path:
                    noise = 0.1 * rng.normal(size=variable.shape)
                    variable.assign(noise - 1.5 * (len(variable.shape) == 1))
        # Two that are not the same, as after a training.
        for own, averaged in ((generator, gan.ema_generator),):
            averaged.set_weights([1.1 * weight for weight in own.get_weights()])
        gan.ema_noise_encoder.set_weights(
            [0.9 * weight for weight in gan.noise_encoder.get_weights()]
        )
        return gan

    return make


def find(encoder, gan, dataset):
    told = [texts[index % len(texts)] for index, texts in enumerate(dataset.captions)]
    text = embed_captions(gan, told)
    images = dataset.model_images(np.arange(dataset.num_images))
    found = encoder.predict_on_batch({"image": images, "text_embedding": text})
    return found, text


@pytest.mark.parametrize("condition_layers", [0, 2])
def test_pictures_are_drawn_again_as_before(
    make_finding_gan, draw_dataset, condition_layers
):
    gan, dataset = make_finding_gan(condition_layers), draw_dataset(NUMBER)
    pairs = (
        (gan.noise_encoder, gan.generator),
        (gan.ema_noise_encoder, gan.ema_generator),
    )

    def draw():
        pictures = []
        for encoder, generator in pairs:
            found, text = find(encoder, gan, dataset)
            inputs = {"text_embedding": text, "noise": found["mean"]}
            pictures.append(generator.predict_on_batch(inputs))
        return pictures

    before = draw()
    assert before[0].std(axis=0).mean() > 0.01
    mean, root = standardize_noise(gan, dataset)
    for old, new in zip(before, draw(), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-3)
    # And noise of any kind: what it now is that was once `mean + noise @ root`.
    fresh = make_finding_gan(condition_layers)
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(4, len(mean))).astype("float32")
    text = rng.normal(size=(4, gan.generator.text_dim)).astype("float32")
    np.testing.assert_allclose(
        gan.ema_generator({"text_embedding": text, "noise": noise}),
        fresh.ema_generator({"text_embedding": text, "noise": mean + noise @ root}),
        atol=1e-3,
    )


def test_what_is_found_then_is_standard(make_finding_gan, draw_dataset):
    gan, dataset = make_finding_gan(), draw_dataset(NUMBER)
    found, _ = find(gan.ema_noise_encoder, gan, dataset)
    total = found["mean"].var(axis=0) + np.exp(found["log_variance"]).mean(axis=0)
    assert np.abs(found["mean"].mean(axis=0)).max() > 0.1
    assert np.abs(total - 1).max() > 0.3
    standardize_noise(gan, dataset)
    found, _ = find(gan.ema_noise_encoder, gan, dataset)
    total = found["mean"].var(axis=0) + np.exp(found["log_variance"]).mean(axis=0)
    np.testing.assert_allclose(found["mean"].mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(total, 1, rtol=1e-3)


def test_one_picture_is_enough_and_the_same_one_twice(make_finding_gan, draw_dataset):
    first, second = make_finding_gan(), make_finding_gan()
    dataset = draw_dataset(1)
    mean, root = standardize_noise(first, dataset)
    assert np.isfinite(root).all()
    # The deviations alone are left, and the mean is what was found.
    found, _ = find(second.ema_noise_encoder, second, dataset)
    np.testing.assert_allclose(mean, found["mean"][0], rtol=1e-5)
    deviations = np.exp(found["log_variance"][0] / 2)
    np.testing.assert_allclose(root, np.diag(deviations), atol=1e-5)
    again, _ = standardize_noise(second, dataset)
    np.testing.assert_array_equal(mean, again)


def test_a_model_that_finds_no_noise_is_refused(make_gan, draw_dataset, tiny_language):
    gan = make_gan(text_encoder=tiny_language[0])
    with pytest.raises(ValueError, match="noise_encoder=None"):
        standardize_noise(gan, draw_dataset(2))


def test_all_pictures_of_a_large_set_are_not_read(
    make_finding_gan, draw_dataset, monkeypatch
):
    from aigc_keras.models import standard_noise

    monkeypatch.setattr(standard_noise, "MOST_IMAGES", 7)
    dataset, read = draw_dataset(NUMBER), []
    whole = dataset.model_images
    dataset.model_images = lambda rows: read.extend(rows) or whole(rows)
    standardize_noise(make_finding_gan(), dataset)
    assert len(read) == 7 and read[0] == 0 and read[-1] == NUMBER - 1
