"""The repairer learns to mend, and each part of its training does what it says."""

import keras
import numpy as np
import pytest

from aigc_keras import losses
from aigc_keras.layers import Damage
from aigc_keras.models import ImageRepairer
from aigc_keras.models.repair_model import RepairModel

TEXT_DIM = 8


@pytest.fixture(scope="module")
def batch(draw_dataset):
    """Eight pictures, each with a vector of its own."""
    images = draw_dataset(8).model_images(np.arange(8))
    text = np.random.default_rng(0).normal(size=(8, TEXT_DIM)).astype("float32")
    return {"image": images, "text_embedding": text}


def make_model(seed=0, **kwargs):
    keras.utils.set_random_seed(seed)
    repairer = ImageRepairer(
        32, TEXT_DIM, noise_dim=4, base_channels=4, condition_dim=16
    )
    model = RepairModel(repairer, seed=seed, **kwargs)
    model.compile(optimizer=keras.optimizers.Adam(3e-3), jit_compile=False)
    return model


def hidden_error(model, batch, text):
    """How far the pictures are that are drawn where nothing is seen."""
    drawn = model.repairer(
        {
            "image": np.zeros_like(batch["image"]),
            "mask": np.ones((8, 32, 32, 1), "float32"),
            "text_embedding": text,
            "noise": np.zeros((8, 4), "float32"),
        }
    )
    return float(np.abs(drawn - batch["image"]).mean())


@pytest.mark.slow
def test_it_learns_pictures_and_what_the_text_says_of_them(batch):
    model = make_model(damage=Damage(holes=1.0), silence=0.0)
    steps = []
    for _ in range(400):
        steps.append(model.train_on_batch(batch))
        model.reset_metrics()
    assert np.mean(steps[-80:]) < 0.7 * np.mean(steps[:80])
    right = hidden_error(model, batch, batch["text_embedding"])
    wrong = hidden_error(model, batch, batch["text_embedding"][::-1])
    assert right < 0.8 * wrong


def test_the_loss_is_that_of_the_damaged_pixels(batch):
    model = make_model(damage=Damage(holes=1.0))
    made = model(batch)
    expected = losses.repair_loss(made["image"], batch["image"], made["damaged"])
    assert float(model.compute_loss(batch, y_pred=made)) == float(expected)
    untouched = 1 - np.array(made["damaged"])
    changed = made["image"] + 5 * untouched
    again = model.compute_loss(batch, y_pred={**made, "image": changed})
    assert float(again) == pytest.approx(float(expected), abs=1e-6)


@pytest.mark.parametrize(("silence", "heard"), [(0.0, True), (1.0, False)])
def test_a_caption_is_kept_back_by_its_share(batch, silence, heard):
    models = [make_model(silence=silence) for _ in range(2)]
    rng = np.random.default_rng(2)
    weights = [rng.normal(0, 0.2, w.shape) for w in models[0].repairer.weights]
    for model in models:
        model.repairer.set_weights(weights)
    other = {**batch, "text_embedding": -batch["text_embedding"]}
    images = [
        np.array(m(b)["image"]) for m, b in zip(models, (batch, other), strict=True)
    ]
    assert (np.abs(images[0] - images[1]).max() > 1e-3) == heard


@pytest.mark.slow
def test_the_same_seed_damages_and_learns_alike(batch):
    models = [make_model(seed) for seed in (3, 3, 4)]
    for model in models:
        for _ in range(2):
            model.train_on_batch(batch)
    first, same, other = (model.repairer.get_weights() for model in models)
    for one, two in zip(first, same, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(first, other, strict=True))
