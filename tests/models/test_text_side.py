"""The stage before the GAN: GPT-2 reads the captions, the judge sees the pictures."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.datasets import CaptionedDataset, CaptionTable, partial_captions
from aigc_keras.language.content import content_projection
from aigc_keras.models import TextToImageGAN, content_pooler, text_side
from aigc_keras.models.next_token_readout import known_next_token_loss
from aigc_keras.models.text_side import TextSideSettings

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}
SETTINGS = TextSideSettings(
    language_epochs=1, matching_steps=120, matching_batch_size=8, reading_steps=120
)


@pytest.fixture(scope="module")
def dataset():
    """Flat colours with two captions each."""
    rng = np.random.default_rng(0)
    images, captions = [], []
    for index in range(48):
        name, colour = list(COLOURS.items())[index % 3]
        image = np.full((32, 32, 3), colour) + rng.integers(-20, 20, (32, 32, 3))
        images.append(np.clip(image, 0, 255).astype("uint8"))
        # Lengths that say nothing about the colour: like lengths share a batch.
        tail = " again" * (index % 4)
        captions.append([f"a {name} picture{tail}", f"all of it is {name}{tail}"])
    return CaptionedDataset("colours", "train", np.stack(images), captions, 8)


@pytest.fixture(scope="module")
def adapted(dataset):
    gan = TextToImageGAN.from_preset("tiny_32", None)
    gan.adapt(dataset, SETTINGS)
    return gan


def test_the_sentence_vectors_hold_what_can_be_seen(adapted):
    """Two ways to say a colour are nearer than two colours in the same words."""
    texts = [f"a {name} picture" for name in COLOURS]
    texts += [f"all of it is {name}" for name in COLOURS]
    vectors = adapted.text_encoder.encode(texts)["text_embedding"].astype("float32")
    vectors -= vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors[:3] @ vectors[3:].T
    np.testing.assert_array_equal(np.argmax(cosines, axis=1), np.arange(3))


def test_the_pooler_ends_with_the_content_projection(adapted, dataset):
    encoder = adapted.text_encoder
    pooler = encoder.pooler
    before = keras.Model(pooler.input, pooler.get_layer("content").input)
    plain = type(encoder)(
        encoder.tokenizer, encoder.backbone, encoder.sequence_length, before
    )
    captions, owners = content_pooler.wordings(dataset, SETTINGS.seed)
    tokens = encoder.tokenize(captions)
    vectors = plain.embed(*tokens)
    matrix, bias = content_projection(vectors, owners)
    # The directions are found up to their order and sign; lengths and angles are not.
    wanted, found = vectors @ matrix + bias, encoder.embed(*tokens)
    np.testing.assert_allclose(found @ found.T, wanted @ wanted.T, atol=0.05)


def test_parts_of_long_captions_are_wordings_too(dataset):
    captions, owners = content_pooler.wordings(dataset, seed=0)
    assert sorted(set(owners)) == list(range(48))
    said = [[] for _ in range(48)]
    for caption, row in zip(captions, owners, strict=True):
        said[row].append(caption)
    for row, texts in enumerate(said):
        whole, parts = dataset.captions[row], texts[2:]
        assert texts[:2] == list(whole)
        # Of every third caption, thus of the first; "a red picture again" is short.
        assert len(parts) == (len(whole[0].split()) >= 6)
        assert all(part in whole[0] for part in parts)


@pytest.mark.parametrize("parts", [False, True])
def test_parts_of_captions_may_be_matched_too(adapted, dataset, parts, monkeypatch):
    class Seen(Exception):
        pass

    def no_batches(*args):
        raise Seen(*args)

    monkeypatch.setattr(text_side, "matching_batches", no_batches)
    encoder = adapted.text_encoder.copy()
    settings = dataclasses.replace(SETTINGS, caption_parts=parts)
    judge = TextToImageGAN.from_preset("tiny_32", None).judge
    with pytest.raises(Seen) as seen:
        text_side.train_matching(encoder, judge, dataset, settings)
    learned, table, _ = seen.value.args
    expected = dataset.with_caption_parts(SETTINGS.seed) if parts else dataset
    assert learned.captions == expected.captions
    assert parts == (len(learned.flat_captions) > len(dataset.flat_captions))
    assert len(table.token_ids) == len(learned.flat_captions)


@pytest.mark.parametrize("own_words", [False, True])
def test_of_names_the_wording_is_left_in(adapted, dataset, own_words, monkeypatch):
    called = []
    for name in ("train_matching", "train_reading", "warn_if_blind", "keep_content"):
        note = functools.partial(lambda name, *_: called.append(name), name)
        monkeypatch.setattr(text_side, name, note)
    encoder = adapted.text_encoder
    monkeypatch.setattr(text_side, "make_text_encoder", lambda *_: encoder)
    settings = dataclasses.replace(SETTINGS, own_words=own_words)
    text_side.train_text_side(adapted.judge, dataset, settings, None)
    between = [] if own_words else ["keep_content"]
    assert called == ["train_matching", *between, "train_reading", "warn_if_blind"]


def test_what_only_whole_captions_tell_does_not_make_short_prompts_long(
    adapted, dataset, monkeypatch
):
    """Prompts that end early, with and without parts of captions as wordings."""
    prompts = [f"{name} picture" for name in COLOURS] + list(COLOURS)
    encoder = adapted.text_encoder.copy()
    pooler = encoder.pooler
    before = keras.Model(pooler.input, pooler.get_layer("content").input)
    sizes = []
    for fewest in (2, 99):
        monkeypatch.setattr(partial_captions, "FEWEST_PIECES", fewest)
        encoder.pooler = before
        content_pooler.keep_content(encoder, dataset, SETTINGS.seed)
        sizes.append(np.square(encoder.embed(*encoder.tokenize(prompts))).mean())
    assert sizes[0] < 0.8 * sizes[1]


def test_one_caption_a_picture_leaves_the_vectors_as_they_are(adapted, dataset):
    encoder = adapted.text_encoder.copy()
    alone = CaptionedDataset(
        "alone", "train", dataset.images, [c[:1] for c in dataset.captions], 8
    )
    pooler = encoder.pooler
    content_pooler.keep_content(encoder, alone, SETTINGS.seed)
    assert encoder.pooler is pooler


def test_the_judge_finds_the_caption_of_a_picture(adapted, dataset):
    images = dataset.model_images(np.arange(12))
    seen = adapted.judge.predict(images, verbose=0)["image_vector"]
    texts = [f"a {name} picture" for name in COLOURS]
    said = adapted.text_encoder.encode(texts)["text_embedding"].astype("float32")
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    said /= np.linalg.norm(said, axis=1, keepdims=True)
    np.testing.assert_array_equal(np.argmax(seen @ said.T, axis=1), np.arange(12) % 3)


def test_afterwards_both_are_frozen(adapted):
    assert not adapted.judge.trainable_variables
    assert not adapted.text_encoder.backbone.trainable_variables


@pytest.mark.slow
@pytest.mark.parametrize("prior", [0, 60])
def test_a_readout_learns_to_say_what_a_drawing_shows(dataset, prior):
    """Also where the judge's vectors became others after it had learned."""
    gan = TextToImageGAN.from_preset("tiny_32", None)
    settings = {"next_token_readout": True, "prior_steps": prior}
    gan.adapt(dataset, dataclasses.replace(SETTINGS, **settings))
    assert gan.readout is not None and not gan.readout.trainable_variables
    seen = gan.judge.predict(dataset.model_images(np.arange(12)), verbose=0)
    ids, mask = gan.text_encoder.tokenize([c[0] for c in dataset.captions[:12]])
    states = gan.text_encoder.backbone({"token_ids": ids, "padding_mask": mask})
    vectors = seen["image_vector"]
    # The next picture's colour is another one.
    losses = [
        float(known_next_token_loss((gan.readout(states, rows), ids, mask)))
        for rows in (vectors, np.roll(vectors, 1, axis=0))
    ]
    assert losses[0] < losses[1] - 0.1


def test_without_guidance_by_it_no_readout_is_kept(adapted):
    assert adapted.readout is None


def test_the_bank_holds_the_captions_own_vectors(adapted):
    bank = adapted.caption_bank.numpy()
    assert bank.shape == (text_side.BANK_SIZE, 16)
    assert np.all(np.any(bank != 0, axis=1))


@pytest.mark.slow
def test_fit_runs_the_whole_way_from_pictures_and_captions(dataset, tmp_path):
    gan = TextToImageGAN.from_preset("tiny_32", None, seed=1)
    gan.adapt(dataset, dataclasses.replace(SETTINGS, matching_steps=5, reading_steps=5))
    gan.compile()
    history = gan.fit(
        dataset, epochs=2, cache_dir=tmp_path, augmentation=("flip",), verbose=0
    )
    # 48 pictures in batches of 8, twice.
    assert int(gan.optimizer.iterations) == 12
    assert len(history.history["generator_loss"]) == 2
    assert gan.generate("a red picture", seed=1).shape == (1, 32, 32, 3)


@pytest.mark.slow
def test_a_preset_is_not_trained_along(adapted, dataset, tmp_path):
    adapted.text_encoder.save_to_preset(tmp_path / "preset")
    settings = TextSideSettings(
        text_encoder=str(tmp_path / "preset"),
        matching_steps=3,
        matching_batch_size=16,
        reading_steps=3,
    )
    gan = TextToImageGAN.from_preset("tiny_32", None)
    gan.adapt(dataset, settings)
    for old, new in zip(
        adapted.text_encoder.backbone.weights,
        gan.text_encoder.backbone.weights,
        strict=True,
    ):
        np.testing.assert_array_equal(old, new)


@pytest.mark.slow
def test_few_pictures_are_matched_longer_and_captions_thirty_times(
    dataset, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        text_side,
        "train_stage",
        lambda model, batches, steps, *rest: asked.append(steps),
    )
    judge = TextToImageGAN.from_preset("tiny_32", None).judge
    encoder = text_side.make_text_encoder(dataset, 300, SETTINGS)
    for matching_steps in (7, None):
        settings = dataclasses.replace(SETTINGS, matching_steps=matching_steps)
        text_side.train_matching(encoder, judge, dataset, settings)
    # 96 captions in batches of 8.
    assert asked == [7, 30 * 12]
    assert text_side.default_matching_steps(1_717) == 2400
    assert text_side.default_matching_steps(50_000) == 1200


def test_a_model_in_a_strategy_is_told_to_adapt_before(dataset):
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        gan = TextToImageGAN.from_preset("tiny_32", weights=None)
    with pytest.raises(ValueError, match="Received: a model made in MirroredStrategy"):
        gan.adapt(dataset)


def test_a_small_table_fills_the_bank_by_repeating():
    vectors = np.arange(12, dtype="float32").reshape(6, 2)
    table = CaptionTable(np.zeros((6, 1), int), np.ones((6, 1), bool), vectors)
    bank = text_side.make_caption_bank(table, seed=0)
    assert bank.shape == (text_side.BANK_SIZE, 2)
    assert {tuple(row) for row in bank} == {tuple(row) for row in vectors}
    np.testing.assert_array_equal(bank, text_side.make_caption_bank(table, seed=0))
