"""The generator learns the picture to expect of a caption."""

import keras
import numpy as np
import pytest

from aigc_keras.datasets import CaptionedDataset
from aigc_keras.models import TextToImageGAN, attention_pooler, text_side, warm_up
from aigc_keras.models.text_side import TextSideSettings


@pytest.fixture(scope="module")
def dataset():
    """Every caption is said of bright and of dark pictures."""
    images, captions = [], []
    for index in range(112):
        image = np.zeros((32, 32, 3), "uint8")
        half = slice(0, 16) if index % 2 else slice(16, 32)
        image[half, :, 0] = 255 if index % 4 < 2 else 127
        images.append(image)
        captions.append(["red is above" if index % 2 else "below it is red"])
    return CaptionedDataset("halves", "train", np.stack(images), captions, 8)


@pytest.fixture(scope="module")
def gan(dataset):
    keras.utils.set_random_seed(0)
    made = TextToImageGAN.from_preset("tiny_32", None)
    settings = TextSideSettings(language_epochs=1)
    encoder = text_side.make_text_encoder(dataset, 512, settings)
    width = encoder.backbone.hidden_dim
    encoder.pooler = attention_pooler(width, made.generator.text_dim)
    made.set_text_encoder(encoder)
    return made


def test_what_is_where_is_learned(gan, dataset):
    before = gan.generator.get_weights()
    warm_up.warm_up(gan, dataset, 400)
    text = gan.text_encoder.encode(["red is above", "below it is red"])
    drawn = [
        np.asarray(
            network(
                {
                    "text_embedding": text["text_embedding"].astype("float32"),
                    "noise": np.random.default_rng(0).normal(size=(2, 8)),
                }
            )
        )
        for network in (gan.generator, gan.ema_generator)
    ]
    np.testing.assert_array_equal(*drawn)
    above, below = drawn[0].reshape(2, 2, 16, 32, 3).mean(axis=(2, 3)).swapaxes(0, 1)
    difference = above - below
    assert difference[0, 0] > 0.2 and difference[1, 0] < -0.2
    # Green and blue it is nowhere.
    for half in (above, below):
        np.testing.assert_allclose(half[:, 1:], -1, atol=0.05)
    gan.generator.set_weights(before)


def test_the_same_seed_gives_the_same_weights(gan, dataset):
    before, found = gan.generator.get_weights(), []
    for _ in range(2):
        gan.generator.set_weights(before)
        warm_up.warm_up(gan, dataset, 5)
        found.append(gan.generator.get_weights())
    for first, second in zip(*found, strict=True):
        np.testing.assert_array_equal(first, second)
    assert any(np.any(x != y) for x, y in zip(before, found[0], strict=True))
    gan.generator.set_weights(before)


@pytest.mark.parametrize("size", [32, 64])
def test_only_what_is_seen_from_afar_counts(size):
    from aigc_keras.models.generator import Generator

    generator = Generator(size, text_dim=4, noise_dim=2, base_channels=2)
    model = warm_up.ExpectedPictureModel(generator)
    drawn = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3))
    drawn = drawn.astype("float32")
    factor = size // 16
    pooled = drawn.reshape(2, 16, factor, 16, factor, 3).mean(axis=(2, 4))
    target = pooled.repeat(factor, 1).repeat(factor, 2) + 0.5
    loss = model.compute_loss({"image": target}, y_pred=drawn)
    assert float(loss) == pytest.approx(0.25, rel=1e-4)


def test_whole_pictures_may_count(gan):
    model = warm_up.ExpectedPictureModel(gan.generator, picture_size=64)
    drawn = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    target = np.zeros_like(drawn)
    loss = float(model.compute_loss({"image": target}, y_pred=drawn))
    assert loss == pytest.approx(np.square(drawn).mean(), rel=1e-5)
    assert loss > 2 * float(
        warm_up.ExpectedPictureModel(gan.generator).compute_loss(
            {"image": target}, y_pred=drawn
        )
    )


def test_text_has_noise_while_it_learns_and_only_then(gan):
    seen = []

    class Spy:
        noise_dim = gan.generator.noise_dim

        def __call__(self, inputs, training=None):
            seen.append(np.array(inputs["text_embedding"]))

    model = warm_up.ExpectedPictureModel(gan.generator, text_noise=0.3)
    model.generator = Spy()
    text = np.random.default_rng(0).normal(size=(8, 16)).astype("float32")
    for training in (True, False):
        model.call({"text_embedding": text}, training=training)
    assert np.std(seen[0] - text) == pytest.approx(0.3, rel=0.3)
    np.testing.assert_array_equal(seen[1], text)
