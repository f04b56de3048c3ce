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
from aigc_keras.language import GPT2TextEncoder
from aigc_keras.layers import DiffAugment
from aigc_keras.models import TextToImageGAN
from aigc_keras.models.next_token_readout import make_readout

pytestmark = pytest.mark.slow
# Everything that draws random numbers, or takes a gradient of its own.
COMPILED = {"text_noise": 0.1, "jit_compile": False}
# A few steps of tiny networks: compiling them well would take longer than they do.
ENVIRONMENT = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}
STEPS, SIZE, TEXT_DIM, NOISE_DIM, VOCABULARY = 3, 4, 32, 3, 11
ON_JAX = """
import json, sys
import keras, numpy as np
from aigc_keras.datasets import CaptionedDataset
from aigc_keras.fused_adam import make_optimizer
from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models import Discriminator, Generator, TextToImageGAN
from aigc_keras.models.rematerialization import Rematerialized
from aigc_keras.training import RunError, TrainingConfig, train

folder = sys.argv[1]
told = {"backend": keras.backend.backend()}
gan = TextToImageGAN.load(folder + "/made")
# As well here as there, where the steps are compared with plain ones.
gan.trained = [Rematerialized(n) for n in (gan.generator, gan.discriminator.trunk)]
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
told["evaluated"] = gan.evaluate(batches, return_dict=True)
told["listed"] = gan.evaluate(batches, steps=3)
told["names"] = gan.metrics_names

# A callback may change what a step goes by.
class Freeze(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate.assign(0.0)
gan.compile(make_optimizer(1e-3), make_optimizer(1e-3))
before = gan.generator.get_weights()[0]
gan.fit(batches[:1], callbacks=[Freeze()], verbose=0)
told["frozen"] = bool((before == gan.generator.get_weights()[0]).all())

# A data set with captions, and a GPT-2 that encodes them.
said = [["a red ring"], ["a blue star"], ["a green cross"]]
encoder = GPT2TextEncoder.from_captions(
    [text for (text,) in said], 270, num_layers=1, num_heads=2, hidden_dim=16, epochs=0
)
images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), "uint8")
dim = encoder.text_dim
small = TextToImageGAN(
    Generator(32, dim, 3, base_channels=2, condition_dim=8),
    Discriminator(32, dim, base_channels=2, matching_dim=6),
    encoder,
)
small.compile()
dataset = CaptionedDataset("three", "train", images, said, 2)
history = small.fit(dataset, epochs=2, steps_per_epoch=2, verbose=0)
told["epochs"] = [np.isfinite(v).all().item() for v in history.history.values()]
told["drawn"] = list(small.generate(["a red ring"], seed=3).shape)
for name, wrong in {
    "argument": lambda: gan.fit(batches, validation_data=batches),
    "too few": lambda: gan.fit(batches[:2], epochs=2, steps_per_epoch=2, verbose=0),
    "one batch": lambda: gan.train_on_batch(batches[0]),
    "one test": lambda: gan.test_on_batch(batches[0]),
    "no data": lambda: gan.evaluate([]),
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
    encoder = GPT2TextEncoder.from_captions(
        ["a red ring"], 270, num_layers=1, num_heads=2, hidden_dim=16, epochs=0
    )
    assert encoder.text_dim == TEXT_DIM
    finder = models.NoiseEncoder(32, TEXT_DIM, NOISE_DIM, hidden_dim=8, **size)
    gan = TextToImageGAN(
        models.Generator(32, TEXT_DIM, NOISE_DIM, condition_dim=8, **size),
        models.Discriminator(32, TEXT_DIM, matching_dim=6, **size),
        encoder,
        models.ImageEncoder(32, TEXT_DIM, VOCABULARY, **size),
        np.random.default_rng(9).normal(size=(10, TEXT_DIM)),
        noise_encoder=finder,
    )
    gan.readout = make_readout(gan.judge, encoder.backbone)
    gan.compile(
        diff_augment=DiffAugment(),
        penalty=losses.R1Penalty(0.5),
        loss_weights=models.LossWeights(judge_next_token=2.0),
        **COMPILED,
    )
    batch = {name: rows[0] for name, rows in data.items()}
    gan.train_on_batch(batch)
    gan.save(folder / "made")
    rng = np.random.default_rng(1)
    inputs = {
        "text": rng.normal(size=(5, TEXT_DIM)).astype("float32"),
        "noise": rng.normal(size=(5, NOISE_DIM)).astype("float32"),
    }
    np.savez(folder / "data.npz", **data, **inputs)
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, str(folder)],
        env={**os.environ, **ENVIRONMENT},
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


def test_evaluating_on_jax_is_evaluating_here(both, data):
    _, loaded, told = both
    batches = tf.data.Dataset.from_tensor_slices(data)
    here = loaded.evaluate(batches, verbose=0, return_dict=True)
    assert told["evaluated"] == pytest.approx(here, abs=1e-4)
    listed = [told["evaluated"][name] for name in told["names"] if name in here]
    assert told["listed"] == listed and len(listed) == len(here)


def test_what_was_trained_on_jax_goes_on_here(both, data):
    gan, loaded, _ = both
    assert int(loaded.optimizer.iterations) == 1 + STEPS
    batch = {name: rows[0] for name, rows in data.items()}
    for model in (gan, loaded):
        model.train_on_batch(batch)
    for one, other in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_callbacks_and_data_sets_do_what_they_do_here(both):
    told = both[2]
    assert told["frozen"]
    assert told["epochs"] and all(told["epochs"])
    assert told["drawn"] == [1, 32, 32, 3]


def test_what_jax_cannot_do_is_said(both):
    told = both[2]
    assert told["argument"].endswith("Received: ['validation_data']")
    assert told["too few"].endswith("Received: none for epoch 2 of 2")
    assert "`fit([batch])`" in told["one batch"]
    assert told["no data"].endswith("Received: no batch")
    for name in ("one batch", "one test", "text side", "run"):
        assert told[name].endswith("Received: KERAS_BACKEND=jax")
