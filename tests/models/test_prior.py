"""From a caption to the image vector to expect."""

import dataclasses

import keras
import numpy as np
import pytest

from aigc_keras.datasets import CaptionedDataset
from aigc_keras.models import TextToImageGAN, prior, text_side
from aigc_keras.models.text_side import TextSideSettings

SETTINGS = TextSideSettings(
    language_epochs=1, matching_steps=200, matching_batch_size=16, reading_steps=60
)
COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}


@pytest.fixture(scope="module")
def dataset():
    """Two colours, one above the other, told from above and from below."""
    rng = np.random.default_rng(0)
    images, captions = [], []
    for _ in range(96):
        above, below = rng.choice(list(COLOURS), 2, replace=False)
        image = np.empty((32, 32, 3))
        image[:16], image[16:] = COLOURS[above], COLOURS[below]
        image += rng.integers(-20, 20, image.shape)
        images.append(np.clip(image, 0, 255).astype("uint8"))
        captions.append([f"{above} above {below}", f"{below} below {above}"])
    return CaptionedDataset("two", "train", np.stack(images), captions, 8)


@pytest.fixture(scope="module")
def adapted(dataset):
    gan = TextToImageGAN.from_preset("tiny_32", None)
    gan.adapt(dataset, dataclasses.replace(SETTINGS, prior_steps=600))
    return gan


def test_whitened_vectors_have_mean_zero_and_covariance_one():
    rng = np.random.default_rng(0)
    vectors = 3 + rng.normal(size=(4000, 6)) @ rng.normal(size=(6, 6))
    matrix, bias = prior.whitening(vectors)
    white = vectors @ matrix + bias
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(white.T), np.eye(6), atol=0.05)


def test_directions_in_which_vectors_do_not_differ_stay_small():
    vectors = np.random.default_rng(0).normal(size=(500, 1)) * np.ones((1, 4))
    matrix, bias = prior.whitening(vectors + 1e-6)
    variances = np.sort(np.var(vectors @ matrix + bias, axis=0))
    assert variances[2] < 1e-3 and variances[3] == pytest.approx(1, rel=0.01)


def test_a_linear_map_is_found_by_regression():
    rng = np.random.default_rng(0)
    vectors, kernel = rng.normal(size=(900, 5)), rng.normal(size=(5, 3))
    found, bias = prior.regression(vectors, vectors @ kernel + 2)
    np.testing.assert_allclose(found, kernel, atol=0.05)
    np.testing.assert_allclose(bias, 2, atol=0.05)


def test_the_judge_sees_whitened_vectors(dataset):
    judge = TextToImageGAN.from_preset("tiny_32", None).judge
    before = prior.image_vectors(judge, dataset)
    white = prior.whiten_judge(judge, dataset)
    np.testing.assert_allclose(prior.image_vectors(judge, dataset), white, atol=1e-3)
    matrix, bias = prior.whitening(before)
    np.testing.assert_allclose(before @ matrix + bias, white, atol=1e-5)


def test_the_prior_takes_the_place_of_the_content_projection(adapted):
    names = [layer.name for layer in adapted.text_encoder.pooler.layers]
    assert names[-1] == "prior" and "content" not in names


def test_sentence_vectors_expect_the_picture(adapted, dataset):
    """Captions that say a picture in two ways are near, those of another order far."""
    pairs = [(a, b) for a in COLOURS for b in COLOURS if a != b]
    said = [f"{a} above {b}" for a, b in pairs] + [f"{b} below {a}" for a, b in pairs]
    vectors = adapted.text_encoder.encode(said)["text_embedding"].astype("float32")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors[:6] @ vectors[6:].T
    np.testing.assert_array_equal(np.argmax(cosines, axis=1), np.arange(6))
    seen = prior.image_vectors(adapted.judge, dataset)
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    own = [said.index(texts[0]) for texts in dataset.captions]
    assert np.mean(np.argmax(seen @ vectors[:6].T, axis=1) == own) > 0.95


def test_what_to_expect_is_read_off_the_vector(adapted, dataset):
    """By a linear map, of captions that were not asked for it."""
    captions, rows = dataset.flat_captions[::2], np.arange(dataset.num_images)
    vectors = adapted.text_encoder.embed(*adapted.text_encoder.tokenize(captions))
    pictures = prior.pictures_from_afar(dataset, rows)
    kernel, bias = prior.regression(vectors[:64], pictures[:64])
    expected = (vectors[64:] @ kernel + bias).reshape(-1, 2, 8, 16, 3).mean((2, 3))
    shown = pictures[64:].reshape(-1, 2, 8, 16, 3).mean((2, 3))
    # Above minus below, by colour: of another order it would have the other sign.
    differences = [half[:, 0] - half[:, 1] for half in (expected, shown)]
    assert np.all(np.sum(differences[0] * differences[1], axis=1) > 0)


def test_the_loss_is_that_of_the_vector_and_of_the_picture(adapted):
    encoder = adapted.text_encoder
    model = prior.ExpectedImageModel(encoder.backbone, encoder.pooler, 32)
    rng = np.random.default_rng(0)
    image = rng.uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    small = image.reshape(2, 16, 2, 16, 2, 3).mean(axis=(2, 4)).reshape(2, -1)
    vectors = rng.normal(size=(2, encoder.text_dim)).astype("float32")
    batch = {"image": image, "image_vector": vectors}
    for by, of_picture in ((0.0, 0.0), (0.0, 0.1), (0.5, 0.0)):
        answer = (vectors + by, small + of_picture)
        loss = float(model.compute_loss(batch, y_pred=answer))
        wanted = by**2 + prior.PICTURE_WEIGHT * of_picture**2
        assert loss == pytest.approx(wanted, rel=1e-3, abs=1e-9)


def test_what_is_expected_is_float32_under_any_policy(adapted):
    encoder = adapted.text_encoder
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        model = prior.ExpectedImageModel(encoder.backbone, encoder.pooler, 32)
    finally:
        keras.config.set_dtype_policy(before)
    ids, mask = encoder.tokenize(["red above blue"])
    batch = {"token_ids": ids, "padding_mask": mask}
    batch |= {"image": np.zeros((1, 32, 32, 3)), "image_vector": np.zeros((1, 16))}
    answer = model(batch)
    assert [keras.backend.standardize_dtype(x.dtype) for x in answer] == 2 * ["float32"]
    assert np.isfinite(float(model.compute_loss(batch, y_pred=answer)))


@pytest.mark.parametrize("parts", [True, False])
def test_parts_of_captions_are_told_where_they_are_asked_for(
    adapted, dataset, monkeypatch, parts
):
    long = [[f"{text} on a tall wall" for text in texts] for texts in dataset.captions]
    dataset = CaptionedDataset("long", "train", dataset.images, long, 8)
    told = set()

    def listen(model, batches, *rest):
        for _, batch in zip(range(18), batches, strict=False):
            told.update(encoder.tokenizer.detokenize(batch["token_ids"]))

    monkeypatch.setattr(text_side, "train_stage", listen)
    settings = dataclasses.replace(
        SETTINGS, prior_steps=1, caption_parts=parts, matching_batch_size=16
    )
    encoder = adapted.text_encoder.copy()
    text_side.train_prior(encoder, adapted.judge, dataset, settings)
    told = {text.replace("<|endoftext|>", "").strip() for text in told}
    assert told and bool(told - set(dataset.flat_captions)) == parts


@pytest.mark.parametrize("stage", ["train_matching", "train_prior"])
def test_what_is_learned_in_bfloat16_is_kept(adapted, dataset, stage):
    encoder = adapted.text_encoder.copy()
    judge = type(adapted.judge).from_config(adapted.judge.get_config())
    before = [np.array(w) for w in encoder.backbone.get_weights()]
    settings = dataclasses.replace(SETTINGS, matching_steps=2, prior_steps=2)
    keras.config.set_dtype_policy("mixed_bfloat16")
    getattr(text_side, stage)(encoder, judge, dataset, settings)
    moved = [
        not np.array_equal(old, new)
        for old, new in zip(before, encoder.backbone.get_weights(), strict=True)
    ]
    assert np.mean(moved) > 0.9
    # The map that begins as a regression, or none, has learned and is not zero.
    assert all(np.any(weight) for weight in encoder.pooler.layers[-1].get_weights())
    assert {v.dtype for v in encoder.pooler.weights} == {"float32"}


def test_a_gpt_2_of_a_preset_stays_as_it_is(adapted, dataset):
    encoder = adapted.text_encoder.copy()
    weights = [np.array(x) for x in encoder.backbone.get_weights()]
    before = encoder.pooler.get_weights()
    settings = dataclasses.replace(SETTINGS, prior_steps=50, text_encoder="given")
    judge = keras.models.clone_model(adapted.judge)
    text_side.train_prior(encoder, judge, dataset, settings)
    for kept, now in zip(weights, encoder.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)
    assert any(
        not np.array_equal(x, y)
        for x, y in zip(before, encoder.pooler.get_weights(), strict=True)
    )
    assert not encoder.backbone.trainable_variables
