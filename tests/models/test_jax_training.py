"""The same networks, losses and weights on Keras's JAX backend.

Keras has one backend a process: what runs on JAX runs in one of its own.
"""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras import losses
from aigc_keras.layers import DiffAugment
from aigc_keras.models import TextToImageGAN

pytestmark = pytest.mark.slow
# Everything that draws random numbers, or takes a gradient of its own.
COMPILED = {"text_noise": 0.1, "jit_compile": False}
STEPS, SIZE, TEXT_DIM, NOISE_DIM, VOCABULARY = 3, 4, 6, 3, 11
ON_JAX = """
import json, sys
import keras, numpy as np
from aigc_keras import losses
from aigc_keras.layers import DiffAugment
from aigc_keras.models import TextToImageGAN
from aigc_keras.training import RunError, TrainingConfig, train

folder, settings = sys.argv[1], json.loads(sys.argv[2])
told = {"backend": keras.backend.backend()}
gan = TextToImageGAN.load(folder + "/made")
gan.compile(diff_augment=DiffAugment(), penalty=losses.R1Penalty(0.5), **settings)
arrays = dict(np.load(folder + "/data.npz"))
inputs = [arrays.pop("text"), arrays.pop("noise")]
np.save(folder + "/pixels.npy", gan.draw(*inputs))
batches = [{name: rows[i] for name, rows in arrays.items()} for i in range(3)]
seen = []
class Look(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        seen.append(float(np.abs(self.model.generator.get_weights()[0]).sum()))
history = gan.fit(batches, callbacks=[Look()], verbose=0)
told |= {"losses": {k: v[0] for k, v in history.history.items()}, "seen": seen}
gan.save(folder + "/went_on")
for name, wrong in {
    "argument": lambda: gan.fit(batches, validation_data=batches),
    "text side": lambda: gan.adapt(None),
    "run": lambda: train(TrainingConfig(), folder + "/run"),
}.items():
    try:
        wrong()
    except (ValueError, RunError) as error:
        told[name] = str(error)
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def data():
    """The batches of a few steps, stacked."""
    rng = np.random.default_rng(0)
    rows = (STEPS, SIZE)
    return {
        "image": rng.uniform(-1, 1, (*rows, 32, 32, 3)).astype("float32"),
        "text_embedding": rng.normal(size=(*rows, TEXT_DIM)).astype("float32"),
        "token_ids": rng.integers(0, VOCABULARY, (*rows, 5)).astype("int32"),
        "padding_mask": np.ones((*rows, 5), bool),
    }


@pytest.fixture(scope="module")
def both(data, tmp_path_factory):
    """What came of it on TensorFlow and on JAX: two models, and what JAX told."""
    from aigc_keras import models

    pytest.importorskip("jax", reason="needs the extra `jax`")
    folder = tmp_path_factory.mktemp("jax")
    keras.utils.set_random_seed(0)
    size = {"base_channels": 2}
    finder = models.NoiseEncoder(32, TEXT_DIM, NOISE_DIM, hidden_dim=8, **size)
    gan = TextToImageGAN(
        models.Generator(32, TEXT_DIM, NOISE_DIM, condition_dim=8, **size),
        models.Discriminator(32, TEXT_DIM, matching_dim=6, **size),
        None,
        models.ImageEncoder(32, TEXT_DIM, VOCABULARY, **size),
        np.random.default_rng(9).normal(size=(10, TEXT_DIM)),
        noise_encoder=finder,
    )
    gan.compile(diff_augment=DiffAugment(), penalty=losses.R1Penalty(0.5), **COMPILED)
    gan.save(folder / "made")
    rng = np.random.default_rng(1)
    inputs = {
        "text": rng.normal(size=(5, TEXT_DIM)).astype("float32"),
        "noise": rng.normal(size=(5, NOISE_DIM)).astype("float32"),
    }
    np.savez(folder / "data.npz", **data, **inputs)
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, str(folder), json.dumps(COMPILED)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    told["pixels"] = np.load(folder / "pixels.npy"), gan.draw(*inputs.values())
    history = gan.fit(tf.data.Dataset.from_tensor_slices(data), verbose=0)
    told["losses"] = told["losses"], {k: v[0] for k, v in history.history.items()}
    return gan, TextToImageGAN.load(folder / "went_on"), told


def test_weights_give_the_same_pixels_on_either_backend(both):
    _, _, told = both
    assert told["backend"] == "jax"
    on_jax, here = told["pixels"]
    # Of 255; a value on the edge between two may fall to either side.
    assert np.abs(on_jax.astype(int) - here).max() <= 1
    assert (on_jax == here).mean() > 0.999


def test_a_step_on_jax_is_the_step_on_tensorflow(both):
    gan, loaded, told = both
    on_jax, here = told["losses"]
    assert on_jax == pytest.approx(here, abs=1e-4)
    assert set(on_jax) > {"generator_loss", "discriminator_loss", "penalty"}
    for one, other in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    # Callbacks see the weights of their step.
    assert len(set(told["seen"])) == STEPS


def test_what_was_trained_on_jax_goes_on_here(both, data):
    gan, loaded, _ = both
    assert int(loaded.optimizer.iterations) == STEPS
    batch = {name: rows[0] for name, rows in data.items()}
    for model in (gan, loaded):
        model.train_on_batch(batch)
    for one, other in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_what_jax_cannot_do_is_said(both):
    told = both[2]
    assert told["argument"].endswith("Received: ['validation_data']")
    for name in ("text side", "run"):
        assert told[name].endswith("Received: KERAS_BACKEND=jax")
