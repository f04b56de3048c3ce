"""Every loss term against the same term computed outside the shared pass."""

import numpy as np
import pytest
import tensorflow as tf

from aigc_keras import losses
from aigc_keras.layers import DiffAugment
from aigc_keras.models import LossWeights
from aigc_keras.models.next_token_readout import known_next_token_loss, make_readout
from aigc_keras.models.objective import (
    drawn_rows,
    generator_inputs,
    generator_slope,
    loss_terms,
)
from aigc_keras.models.randomness import training_text_noise


def plain(**weights):
    """The weights with no term that only `shapes` needs, but those that are given."""
    return LossWeights(**{"layout": 0.0, "diversity": 0.0, **weights})


def as_tensors(batch):
    return {key: tf.constant(value) for key, value in batch.items()}


def terms_of(gan, data, training=False):
    noise = gan.draw_noise(0, len(data["image"]))
    text = drawn_rows(gan, data)["text_embedding"]
    fake = gan.generator({"text_embedding": text, "noise": noise})
    terms, _ = loss_terms(gan, data, fake, training)
    return fake, {name: float(value) for name, value in terms.items()}


def score(gan, image, text):
    return gan.discriminator({"image": image, "text_embedding": text})


@pytest.mark.parametrize("name", sorted(losses.ADVERSARIAL_LOSSES))
def test_the_shared_pass_equals_three_separate_ones(name, make_gan, make_batch):
    gan, batch = make_gan(), as_tensors(make_batch())
    gan.compile(loss=name, loss_weights=plain(wrong_caption=0.25, matching=2.0))
    fake, terms = terms_of(gan, batch)
    text = batch["text_embedding"]
    real_out, fake_out = score(gan, batch["image"], text), score(gan, fake, text)
    wrong_out = score(gan, batch["image"], tf.roll(text, 1, axis=0))
    loss = losses.get_adversarial_loss(name)
    matching = losses.contrastive_loss(
        real_out["image_vector"], real_out["text_vector"]
    )
    discriminator = (
        0.75 * loss.discriminator(real_out["validity"], fake_out["validity"])
        + 0.25 * loss.discriminator(real_out["validity"], wrong_out["validity"])
        + 2 * matching
    )
    generator = loss.generator(real_out["validity"], fake_out["validity"])
    np.testing.assert_allclose(terms["discriminator_loss"], discriminator, rtol=1e-4)
    np.testing.assert_allclose(terms["generator_loss"], generator, rtol=1e-4)
    assert set(terms) == {
        "generator_loss",
        "discriminator_loss",
        "generator_adversarial",
        "discriminator_matching",
        "guidance",
    }


def test_the_judge_adds_its_two_terms_to_the_generator_alone(make_gan, make_batch):
    gan, batch = make_gan(judge=True), as_tensors(make_batch())
    weights = {"matching": 0.0, "judge_matching": 3.0, "judge_tokens": 0.5}
    gan.compile(loss="hinge", loss_weights=plain(**weights, judge_temperature=0.2))
    fake, terms = terms_of(gan, batch)
    verdict = gan.judge(fake)
    matching = losses.bank_contrastive_loss(
        verdict["image_vector"], batch["text_embedding"], gan.caption_bank, 0.2
    )
    tokens = losses.token_prediction_loss(
        verdict["token_logits"], batch["token_ids"], batch["padding_mask"]
    )
    np.testing.assert_allclose(terms["judge_matching"], matching, rtol=1e-4)
    np.testing.assert_allclose(terms["judge_tokens"], tokens, rtol=1e-4)
    validity = score(gan, fake, batch["text_embedding"])["validity"]
    np.testing.assert_allclose(
        terms["generator_loss"],
        -np.mean(validity) + 3 * matching + 0.5 * tokens,
        rtol=1e-4,
    )


@pytest.mark.parametrize("twice", [False, True])
def test_the_readout_guides_by_the_next_token(
    twice, make_gan, make_batch, text_encoder
):
    gan = make_gan(judge=True, text_encoder=text_encoder, noise_encoder=twice)
    batch = make_batch(5)
    batch["text_embedding"] = np.ones((5, text_encoder.text_dim), "float32")
    batch["padding_mask"][1, 3:] = False
    batch = as_tensors(batch)
    # Without the readout there is nothing to be guided by.
    gan.compile(loss_weights=plain(judge_next_token=2.0))
    assert "judge_next_token" not in terms_of(gan, batch)[1]
    gan.readout = make_readout(gan.judge, text_encoder.backbone)
    fake, terms = terms_of(gan, batch)
    drawn = drawn_rows(gan, batch)
    said = drawn["token_ids"], drawn["padding_mask"]
    names = ("token_ids", "padding_mask")
    states = text_encoder.backbone({name: drawn[name] for name in names})
    logits = gan.readout(states, gan.judge(fake)["image_vector"])
    wanted = known_next_token_loss((logits, *said))
    np.testing.assert_allclose(terms["judge_next_token"], wanted, rtol=1e-4)
    gan.compile(loss_weights=plain())
    _, without = terms_of(gan, batch)
    assert "judge_next_token" not in without
    more = terms["generator_loss"] - without["generator_loss"]
    np.testing.assert_allclose(more, 2 * terms["judge_next_token"], rtol=1e-3)


def test_classes_of_real_images_are_the_discriminator_s_alone(
    make_recognizer, make_batch
):
    gan, batch = make_recognizer(), as_tensors(make_batch())
    gan.compile(loss_weights=plain(classes=2.0))
    _, without = terms_of(gan, batch)
    assert "discriminator_classes" not in without
    batch["label"] = tf.constant([2, 0, 1, 2], tf.int64)
    _, terms = terms_of(gan, batch)
    logits = score(gan, batch["image"], batch["text_embedding"])["class_logits"]
    expected = losses.class_loss(logits, batch["label"])
    np.testing.assert_allclose(terms["discriminator_classes"], expected, rtol=1e-5)
    np.testing.assert_allclose(
        terms["discriminator_loss"] - without["discriminator_loss"],
        2 * expected,
        rtol=1e-4,
    )
    assert terms["generator_loss"] == pytest.approx(without["generator_loss"])


def test_labels_of_a_model_without_classes_change_nothing(make_gan, make_batch):
    gan, batch = make_gan(), as_tensors(make_batch())
    gan.compile(loss_weights=plain())
    _, before = terms_of(gan, batch)
    _, after = terms_of(gan, {**batch, "label": tf.constant([1, 0, 1, 0])})
    assert after == before


def test_a_penalty_counts_in_training_only(make_gan, make_batch):
    gan, batch = make_gan(), as_tensors(make_batch())
    gan.compile(penalty=losses.R1Penalty(gamma=10.0), loss_weights=plain())
    _, evaluated = terms_of(gan, batch)
    _, trained = terms_of(gan, batch, training=True)
    assert "penalty" not in evaluated
    assert trained["penalty"] > 0
    np.testing.assert_allclose(
        trained["discriminator_loss"] - evaluated["discriminator_loss"],
        trained["penalty"],
        rtol=1e-3,
    )


def test_wrong_captions_raise_the_loss_of_a_discriminator_that_ignores_text(
    make_gan, make_batch
):
    gan, batch = make_gan(), as_tensors(make_batch())
    weights = plain(wrong_caption=1.0, matching=0.0)
    gan.compile(loss="hinge", loss_weights=weights)
    projection = gan.discriminator.text_projection
    projection.set_weights([np.zeros_like(w) for w in projection.get_weights()])
    # Real and wrong pairs score alike, and hinge(s) + hinge(-s) is at least 2.
    _, terms = terms_of(gan, batch)
    assert terms["discriminator_loss"] >= 2 - 1e-5


def test_diff_augment_changes_what_the_discriminator_sees_in_training(
    make_gan, make_batch
):
    gan, batch = make_gan(judge=True), as_tensors(make_batch())
    gan.compile(loss_weights=plain())
    _, before = terms_of(gan, batch, training=True)
    gan.compile(diff_augment=DiffAugment(), loss_weights=plain())
    _, augmented = terms_of(gan, batch, training=True)
    _, again = terms_of(gan, batch, training=True)
    _, evaluated = terms_of(gan, batch)
    assert augmented == again
    assert augmented["discriminator_loss"] != before["discriminator_loss"]
    assert evaluated["discriminator_loss"] == pytest.approx(
        before["discriminator_loss"], rel=1e-4
    )
    # The judge reads the picture as it is.
    assert augmented["judge_matching"] == pytest.approx(before["judge_matching"])


def test_the_generator_learns_through_diff_augment(make_gan, make_batch):
    gan, batch = make_gan(), as_tensors(make_batch())
    gan.compile(diff_augment=DiffAugment(), loss_weights=plain())
    inputs = {
        "text_embedding": batch["text_embedding"],
        "noise": gan.draw_noise(0, 4),
    }
    with tf.GradientTape() as tape:
        terms, _ = loss_terms(gan, batch, gan.generator(inputs), True)
    variables = gan.generator.trainable_variables
    slopes = tape.gradient(terms["generator_loss"], variables)
    assert all(np.all(np.isfinite(slope)) for slope in slopes if slope is not None)
    assert sum(float(tf.norm(slope)) for slope in slopes if slope is not None) > 0


def test_the_layout_term_is_the_generator_s_alone(make_gan, make_batch):
    gan, batch = make_gan(), as_tensors(make_batch())
    gan.compile(loss_weights=plain())
    _, before = terms_of(gan, batch)
    gan.compile(loss_weights=plain(layout=5.0))
    fake, terms = terms_of(gan, batch)
    np.testing.assert_allclose(
        terms["layout"], losses.layout_loss(fake, batch["image"]), rtol=1e-5
    )
    np.testing.assert_allclose(
        terms["generator_loss"] - before["generator_loss"],
        5 * terms["layout"],
        rtol=1e-4,
    )
    assert terms["discriminator_loss"] == pytest.approx(before["discriminator_loss"])


def test_diversity_draws_half_of_the_captions_twice(make_gan, make_batch):
    gan, batch = make_gan(judge=True), as_tensors(make_batch())
    gan.compile(loss_weights=plain())
    assert drawn_rows(gan, batch) is batch
    gan.compile(loss_weights=plain(diversity=2.0, difference=0.3))
    drawn = drawn_rows(gan, batch)
    for name, value in batch.items():
        np.testing.assert_array_equal(drawn[name][:2], value[:2])
        np.testing.assert_array_equal(drawn[name][2:], value[:2])
    odd = {name: value[:3] for name, value in batch.items()}
    last = drawn_rows(gan, odd)["text_embedding"]
    np.testing.assert_array_equal(last, tf.gather(odd["text_embedding"], [0, 0, 2]))
    assert terms_of(gan, odd)[1]["sameness"] > 0
    # One picture alone has no pair.
    alone = {name: value[:1] for name, value in batch.items()}
    assert terms_of(gan, alone)[1]["sameness"] == 0
    fake, terms = terms_of(gan, batch)
    sameness = losses.sameness_loss(fake[:2], fake[2:], 0.3)
    assert 0 < sameness <= 1
    np.testing.assert_allclose(terms["sameness"], sameness, rtol=1e-5)
    weights = gan.loss_weights
    guidance = weights.judge_matching * terms["judge_matching"]
    guidance += weights.judge_tokens * terms["judge_tokens"]
    guidance += 2 * sameness
    np.testing.assert_allclose(terms["guidance"], guidance, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "augment", "judge"),
    [
        ("hinge", None, True),
        ("non_saturating", None, False),
        ("non_saturating", DiffAugment(), True),
        ("relativistic", None, True),
        ("wasserstein", None, True),
    ],
)
def test_one_way_back_gives_the_slope_of_the_generator_s_loss(
    name, augment, judge, make_gan, make_batch
):
    gan, batch = make_gan(judge=judge), as_tensors(make_batch())
    gan.compile(
        loss=name,
        loss_weights=plain(wrong_caption=0.3, layout=3.0 * judge),
        diff_augment=augment,
    )
    inputs = {"text_embedding": batch["text_embedding"]}
    fake = gan.generator({**inputs, "noise": gan.draw_noise(0, 4)})
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake)
        terms, logits = loss_terms(gan, batch, fake, True)
    by_fake = tape.gradient(terms["discriminator_loss"], fake)
    slope = generator_slope(tape, gan, terms, logits, fake, by_fake)
    expected = tape.gradient(terms["generator_loss"], fake)
    assert float(tf.reduce_max(tf.abs(expected))) > 0
    np.testing.assert_allclose(slope, expected, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("augment", [None, DiffAugment()])
def test_classes_leave_the_one_way_back_as_it_is(augment, make_recognizer, make_batch):
    gan, batch = make_recognizer(), as_tensors(make_batch())
    slopes = {}
    fake = gan.generator(
        {"text_embedding": batch["text_embedding"], "noise": gan.draw_noise(0, 4)}
    )
    batch["label"] = tf.constant([2, 0, 1, 2], tf.int64)
    for classes in (0.0, 50.0):
        gan.compile(loss_weights=plain(classes=classes), diff_augment=augment)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fake)
            terms, logits = loss_terms(gan, batch, fake, True)
        by_fake = tape.gradient(terms["discriminator_loss"], fake)
        slopes[classes] = generator_slope(tape, gan, terms, logits, fake, by_fake)
        expected = tape.gradient(terms["generator_loss"], fake)
        np.testing.assert_allclose(slopes[classes], expected, rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(slopes[50.0], slopes[0.0], rtol=1e-4, atol=1e-8)
    assert float(terms["discriminator_classes"]) > 0


def test_text_noise_is_drawn_anew_at_each_step_and_only_in_training(
    make_gan, make_batch
):
    gan, batch = make_gan(), as_tensors(make_batch())
    gan.compile(text_noise=0.5, loss_weights=plain())
    text = batch["text_embedding"]
    first = generator_inputs(gan, batch, training=True)[0]["text_embedding"] - text
    again = generator_inputs(gan, batch, training=True)[0]["text_embedding"] - text
    gan.optimizer.iterations.assign(1)
    later = generator_inputs(gan, batch, training=True)[0]["text_embedding"] - text
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - later).min(axis=1).max() > 0
    unit = training_text_noise(gan.seed, 0, first.shape)
    np.testing.assert_allclose(first, 0.5 * unit, atol=1e-6)
    assert np.std(training_text_noise(0, 0, (10_000,))) == pytest.approx(1, abs=0.03)
    still = generator_inputs(gan, batch)[0]["text_embedding"]
    np.testing.assert_array_equal(still, text)
