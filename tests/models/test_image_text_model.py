"""Image-text matching: its loss, and that it learns to tell pictures apart."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras_nlp.models import GPT2Backbone

from aigc_keras import losses
from aigc_keras.models import ImageEncoder, ImageTextModel, attention_pooler
from aigc_keras.models.image_text_model import (
    ImageReadingModel,
    add_noise,
)
from aigc_keras.models.next_token_readout import (
    NextTokenReadout,
    known_next_token_loss,
)

VOCABULARY, TEXT_DIM, HIDDEN = 12, 16, 16


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    backbone = GPT2Backbone(
        vocabulary_size=VOCABULARY,
        num_layers=1,
        num_heads=2,
        hidden_dim=HIDDEN,
        intermediate_dim=32,
        max_sequence_length=8,
        dropout=0.0,
    )
    return ImageTextModel(
        ImageEncoder(32, TEXT_DIM, VOCABULARY, base_channels=4),
        backbone,
        attention_pooler(HIDDEN, TEXT_DIM, num_heads=4),
        token_weight=0.5,
        text_token_weight=0.25,
        binding_weight=0.75,
        num_groups=2,
    )


@pytest.fixture
def batch():
    """Eight flat colours, each named by a token of its own."""
    rng = np.random.default_rng(0)
    colours = np.array(np.meshgrid(*[[-0.8, 0.8]] * 3)).reshape(3, 8).T
    image = np.broadcast_to(colours[:, None, None], (8, 32, 32, 3))
    image = image + rng.normal(scale=0.02, size=image.shape)
    token_ids = np.stack([np.full(8, 1), np.arange(8) + 2, np.zeros(8)], axis=1)
    mask = np.tile([True, True, False], (8, 1))
    return {
        "image": image.astype("float32"),
        "token_ids": token_ids.astype("int32"),
        "padding_mask": mask,
        # Another caption of each picture, in other words: two groups, padded apart.
        "other_token_ids": tuple(np.split(np.flip(token_ids, 0).astype("int32"), 2)),
        "other_padding_mask": tuple(np.split(mask, 2)),
    }


def shorten(batch):
    """Cut the first group's padding off."""
    names = ("other_token_ids", "other_padding_mask")
    return batch | {n: (batch[n][0][:, :2], batch[n][1]) for n in names}


def test_the_loss_is_matching_plus_weighted_readouts(model, batch):
    model.compile(optimizer="adam")
    outputs = model(batch)
    temperature = np.exp(-2.66)
    expected = losses.contrastive_loss(
        outputs["image_vector"], outputs["text_vector"], temperature
    )
    # As of one group, whatever the padding.
    ids, mask = (
        np.concatenate(batch[f"other_{n}"]) for n in ("token_ids", "padding_mask")
    )
    for name, weight in {"token_logits": 0.5, "text_token_logits": 0.25}.items():
        expected += weight * losses.token_prediction_loss(outputs[name], ids, mask)
    for name in ("said_next", "shown_next"):
        logits = np.concatenate(outputs[name])
        expected += 0.75 * losses.next_token_loss(logits, ids, mask)
    for one in (batch, shorten(batch)):
        loss = model.compute_loss(x=one, y_pred=model(one))
        np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_it_learns_to_find_each_picture_and_its_word(model, batch):
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    for _ in range(60):
        model.train_on_batch(batch)
    outputs = model(batch)
    similarity = losses.cosine_similarity(
        outputs["image_vector"], outputs["text_vector"]
    )
    np.testing.assert_array_equal(np.argmax(similarity, axis=1), np.arange(8))
    np.testing.assert_array_equal(
        np.argmax(np.array(outputs["token_logits"])[:, 2:], axis=1), np.arange(8)[::-1]
    )


def test_a_frozen_backbone_stays_as_it_is(model, batch):
    (backbone,) = [part for part in model.layers if isinstance(part, GPT2Backbone)]
    backbone.trainable = False
    before = [weight.numpy() for weight in backbone.weights]
    model.compile(optimizer="adam")
    model.train_on_batch(batch)
    for old, weight in zip(before, backbone.weights, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_the_pooler_ignores_padding(batch):
    pooler = attention_pooler(HIDDEN, TEXT_DIM, num_heads=4)
    tokens = np.random.default_rng(1).normal(size=(2, 5, HIDDEN)).astype("float32")
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
    changed = tokens.copy()
    changed[0, 3:] = 50
    first = pooler({"tokens": tokens, "padding_mask": mask})
    other = pooler({"tokens": changed, "padding_mask": mask})
    assert first.shape == (2, TEXT_DIM)
    np.testing.assert_array_equal(first, other)


def test_the_pooler_looks_both_ways():
    """An earlier token's part of the vector changes with a later token."""
    keras.utils.set_random_seed(0)
    tokens = np.random.default_rng(1).normal(size=(1, 4, HIDDEN)).astype("float32")
    later = tokens.copy()
    later[0, 3] = 1.0
    pooler = attention_pooler(HIDDEN, TEXT_DIM, num_heads=4, blocks=1)
    inside = keras.Model(pooler.input, pooler.get_layer("both_ways_0").output)
    mask = np.ones((1, 4), bool)
    first, second = (
        np.array(inside({"tokens": x, "padding_mask": mask}))[0, 0]
        for x in (tokens, later)
    )
    assert np.abs(first - second).max() > 1e-3


def test_blocks_are_no_wider_than_the_vector():
    pooler = attention_pooler(64, text_dim=16, num_heads=4, blocks=1)
    assert pooler.get_layer("both_ways_0").output.shape == (None, None, 16)


@pytest.fixture
def reading_batch(batch):
    rng = np.random.default_rng(1)
    text = rng.normal(size=(8, TEXT_DIM)).astype("float32")
    return {**batch, "text_embedding": text, "negatives": text}


def test_the_reading_loss_is_bank_matching_plus_weighted_tokens(reading_batch):
    keras.utils.set_random_seed(0)
    encoder = ImageEncoder(32, TEXT_DIM, VOCABULARY, base_channels=4)
    model = ImageReadingModel(encoder, temperature=0.2, token_weight=0.5)
    outputs = model(reading_batch)
    loss = model.compute_loss(x=reading_batch, y_pred=outputs)
    expected = losses.bank_contrastive_loss(
        outputs["image_vector"],
        reading_batch["text_embedding"],
        reading_batch["negatives"],
        0.2,
    ) + 0.5 * losses.token_prediction_loss(
        outputs["token_logits"],
        reading_batch["token_ids"],
        reading_batch["padding_mask"],
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_a_readout_reads_along_and_does_not_teach_the_encoder(reading_batch):
    keras.utils.set_random_seed(0)
    encoder = ImageEncoder(32, TEXT_DIM, VOCABULARY, base_channels=4)
    states = np.random.default_rng(2).normal(size=(8, 6, HIDDEN)).astype("float32")
    readout = NextTokenReadout(VOCABULARY, rank=4)
    # The states that GPT-2 would give.
    model = ImageReadingModel(
        encoder, readout=readout, backbone=lambda inputs, training: states
    )
    length = reading_batch["token_ids"].shape[1]
    states = states[:, :length]
    said = reading_batch["token_ids"], reading_batch["padding_mask"]
    with tf.GradientTape() as tape:
        outputs = model(reading_batch)
        loss = known_next_token_loss((outputs["shown_next"], *said))
    slopes = tape.gradient(loss, [w.value for w in encoder.trainable_weights])
    assert all(slope is None or not np.any(slope) for slope in slopes)
    whole = model.compute_loss(x=reading_batch, y_pred=outputs)
    alone = ImageReadingModel(encoder).compute_loss(x=reading_batch, y_pred=outputs)
    np.testing.assert_allclose(whole - alone, loss, rtol=1e-4)


def test_reading_learns_under_noise(reading_batch):
    keras.utils.set_random_seed(0)
    encoder = ImageEncoder(32, TEXT_DIM, VOCABULARY, base_channels=4)
    model = ImageReadingModel(encoder)
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    for _ in range(60):
        model.train_on_batch(reading_batch)
    noised = add_noise(reading_batch["image"], 0.5, seed=7)
    for images in (reading_batch["image"], noised):
        seen = encoder(images)["image_vector"]
        cosines = losses.cosine_similarity(seen, reading_batch["text_embedding"])
        np.testing.assert_array_equal(np.argmax(cosines, axis=1), np.arange(8))


def test_noise_is_as_strong_as_drawn_and_the_image_s_own():
    images = np.zeros((400, 8, 8, 3), "float32")
    noised = np.array(add_noise(images, 0.5, keras.random.SeedGenerator(0)))
    deviations = noised.std(axis=(1, 2, 3))
    assert deviations.max() < 0.6
    assert abs(deviations.mean() - 0.25) < 0.03
    again = np.array(add_noise(images, 0.5, keras.random.SeedGenerator(0)))
    np.testing.assert_array_equal(noised, again)
