"""Tiny networks and batches for the model tests."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models import (
    Discriminator,
    Generator,
    ImageEncoder,
    NoiseEncoder,
    TextToImageGAN,
)

TEXT_DIM, NOISE_DIM, VOCABULARY = 8, 4, 12


@pytest.fixture(scope="session")
def text_encoder():
    """A tiny GPT-2 of three captions."""
    return GPT2TextEncoder.from_captions(
        ["a red circle", "a blue square", "一个红色的圆形"] * 4,
        vocabulary_size=280,
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        epochs=1,
        seed=0,
    )


@pytest.fixture
def make_gan():
    """A function that builds a tiny model, `judge=True` with an image encoder."""

    def make(
        judge=False, seed=0, dtype="float32", text_encoder=None, noise_encoder=False
    ):
        keras.utils.set_random_seed(0)
        text_dim = TEXT_DIM if text_encoder is None else text_encoder.text_dim
        generator = Generator(
            32, text_dim, NOISE_DIM, base_channels=2, condition_dim=8, dtype=dtype
        )
        discriminator = Discriminator(
            32, text_dim, base_channels=2, matching_dim=6, dtype=dtype
        )
        encoder, bank = None, None
        if judge:
            encoder = ImageEncoder(32, text_dim, VOCABULARY, 2, dtype=dtype)
            bank = np.random.default_rng(9).normal(size=(10, text_dim))
        finder = None
        if noise_encoder:
            finder = NoiseEncoder(
                32, text_dim, NOISE_DIM, base_channels=2, hidden_dim=8, dtype=dtype
            )
        return TextToImageGAN(
            generator,
            discriminator,
            text_encoder,
            encoder,
            bank,
            seed=seed,
            noise_encoder=finder,
        )

    return make


@pytest.fixture
def nodes_of_a_step():
    """A function that returns the nodes of a training step's graph as it is run."""

    def run(gan, batch):
        step = tf.function(gan.train_step)
        context.enable_run_metadata()
        try:
            # Of what ran before.
            context.export_run_metadata()
            step({key: tf.constant(value) for key, value in batch.items()})
            graphs = context.export_run_metadata().function_graphs
        finally:
            context.disable_run_metadata()
            context.context().disable_graph_collection()
        return [node for graph in graphs for node in graph.post_optimization_graph.node]

    return run


@pytest.fixture
def make_batch():
    """A function that makes a batch as `train_step` takes it."""

    def make(size=4, seed=0):
        rng = np.random.default_rng(seed)
        return {
            "image": rng.uniform(-1, 1, (size, 32, 32, 3)).astype("float32"),
            "text_embedding": rng.normal(size=(size, TEXT_DIM)).astype("float32"),
            "token_ids": rng.integers(0, VOCABULARY, (size, 5)).astype("int32"),
            "padding_mask": np.ones((size, 5), bool),
        }

    return make


@pytest.fixture
def make_recognizer():
    """A function that builds a tiny model with three classes and a judge."""

    def make(text_encoder=None, dtype="float32", class_names=("cat", "dog", "owl")):
        keras.utils.set_random_seed(0)
        text_dim = TEXT_DIM if text_encoder is None else text_encoder.text_dim
        size = {"base_channels": 2, "dtype": dtype}
        return TextToImageGAN(
            Generator(32, text_dim, NOISE_DIM, condition_dim=8, **size),
            Discriminator(32, text_dim, matching_dim=6, num_classes=3, **size),
            text_encoder,
            ImageEncoder(32, text_dim, VOCABULARY, **size),
            np.random.default_rng(9).normal(size=(10, text_dim)),
            class_names=class_names,
        )

    return make
