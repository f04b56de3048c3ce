"""GPT-2 learns with the GAN: what moves, what does not, and how it comes back."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models import (
    Discriminator,
    Generator,
    ImageEncoder,
    LossWeights,
    TextToImageGAN,
    attention_pooler,
    objective,
)
from aigc_keras.models.language_side import LanguageSide
from aigc_keras.models.text_side import make_caption_table


@pytest.fixture(scope="module")
def dataset(draw_dataset):
    return draw_dataset(8)


def make_encoder(dataset):
    keras.utils.set_random_seed(3)
    encoder = GPT2TextEncoder.from_captions(
        dataset.flat_captions, 300, num_heads=2, hidden_dim=16, epochs=0
    )
    encoder.pooler = attention_pooler(16, 8, num_heads=2)
    return encoder


def make_joint(dataset, trained="full", captioner=None, **compilation):
    encoder = make_encoder(dataset)
    keras.utils.set_random_seed(0)
    gan = TextToImageGAN(
        Generator(32, 8, 4, base_channels=2, condition_dim=8),
        Discriminator(32, 8, base_channels=2, matching_dim=6),
        encoder,
        ImageEncoder(32, 8, encoder.tokenizer.vocabulary_size(), 2),
        np.random.default_rng(9).normal(size=(10, 8)),
        train_text_encoder=trained,
        captioner=captioner,
    )
    gan.compile(jit_compile=False, **compilation)
    return gan


def batch_of(gan, dataset):
    encoder = gan.judge_text_encoder
    table = make_caption_table(encoder, dataset, None, gan.language_side is not None)
    return next(iter(dataset.training_batches(table)))


def gradients_of(gan, dataset, weights=None):
    """The gradients a step would apply, by the variable's path."""
    seen = {}

    def apply(gradients, variables):
        for gradient, variable in zip(gradients, variables, strict=True):
            seen[variable.path] = np.abs(tf.convert_to_tensor(gradient)).max()

    gan.language_optimizer.apply = apply
    gan.train_step(batch_of(gan, dataset))
    return seen


def of(gradients, part):
    return {path: size for path, size in gradients.items() if part in path}


def test_gradients_reach_gpt2s_last_block(dataset):
    weights = LossWeights(language_model=0.0)
    seen = gradients_of(
        make_joint(dataset, "last_blocks", loss_weights=weights), dataset
    )
    last, first = of(seen, "transformer_layer_1"), of(seen, "transformer_layer_0")
    assert len(last) == 16 and not first
    assert sum(size > 0 for size in last.values()) >= 15
    assert not of(seen, "embedding")


def test_all_of_gpt2_learns_or_the_pooler_alone(dataset):
    weights = LossWeights(language_model=0.0)
    seen = gradients_of(make_joint(dataset, "full", loss_weights=weights), dataset)
    for part in ("transformer_layer_0", "token_embedding", "position_embedding"):
        assert max(of(seen, part).values()) > 0
    seen = gradients_of(make_joint(dataset, "projection"), dataset)
    assert seen and not of(seen, "transformer") and not of(seen, "embedding")
    assert max(of(seen, "attention_pooling").values()) > 0


def test_a_frozen_gpt2_is_not_touched(dataset):
    gan = make_joint(dataset, "frozen")
    assert gan.language_side is None and gan.language_optimizer is None
    before = [w.numpy() for w in gan.text_encoder.backbone.weights]
    gan.fit(dataset, steps_per_epoch=2, verbose=0)
    for old, weight in zip(before, gan.text_encoder.backbone.weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())
    # With a captioner alone, only the image's way into GPT-2 learns.
    gan = make_joint(dataset, "frozen", captioner={"base_channels": 2})
    seen = gradients_of(gan, dataset)
    assert max(of(seen, "halve_0").values()) > 0
    assert not of(seen, "transformer") and not of(seen, "pool")


@pytest.mark.parametrize("diversity", [0.0, 0.1])
def test_the_text_gets_the_slope_of_the_generators_loss(dataset, diversity):
    """What three tapes hand on is what one tape around everything gives."""
    weights = LossWeights(matching=0.0, diversity=diversity)
    gan = make_joint(dataset, "full", loss_weights=weights)
    batch = batch_of(gan, dataset)
    live, _ = gan.language_side.forward(batch)
    text, noise = live["text_embedding"], gan.draw_noise(0, 4)
    with tf.GradientTape() as tape:
        tape.watch(text)
        drawn = objective.drawn_rows(gan, live)["text_embedding"]
        fake = gan.generator({"text_embedding": drawn, "noise": noise})
        # The discriminator reads the captions as they are.
        fixed = {**live, "text_embedding": tf.stop_gradient(text)}
        terms, _ = objective.loss_terms(gan, fixed, fake, training=False)
    wanted = tape.gradient(terms["generator_loss"], text)

    caught = {}

    def catch(tape, data, spoken, by_text, weights):
        caught["slope"] = by_text.numpy()
        return [tf.zeros_like(v) for v in gan.language_side.learned_variables()]

    gan.language_side.gradients = catch
    gan.train_step(batch)
    assert np.abs(wanted).max() > 1e-3
    np.testing.assert_allclose(caught["slope"], wanted, rtol=2e-3, atol=1e-5)


@pytest.mark.slow
def test_one_fit_trains_gan_gpt2_and_captioner(dataset):
    gan = make_joint(
        dataset,
        "full",
        {"base_channels": 4},
        loss_weights=LossWeights(cycle=0.1),
        language_optimizer=keras.optimizers.Adam(1e-2),
    )
    history = gan.fit(dataset, epochs=3, steps_per_epoch=20, verbose=0).history
    for name in ("language_model", "captioner"):
        assert history[name][-1] < 0.9 * history[name][0]
    assert np.isfinite(history["cycle"]).all()
    table = make_caption_table(gan.judge_text_encoder, dataset, None, True)
    losses = gan.evaluate(
        dataset.training_batches(table), steps=1, verbose=0, return_dict=True
    )
    assert {"generator_loss", "language_model", "captioner", "cycle"} <= set(losses)
    assert gan.captioner.language_model.backbone is gan.text_encoder.backbone
    assert len(gan.captioner.caption(dataset.images[:2])) == 2


def test_the_judge_keeps_the_vectors_it_was_trained_with(dataset):
    gan = make_joint(dataset, "full", language_optimizer=keras.optimizers.Adam(1e-2))
    before = gan.text_encoder.encode(dataset.flat_captions[:2])["text_embedding"]
    gan.fit(dataset, steps_per_epoch=3, verbose=0)
    judges = gan.judge_text_encoder.encode(dataset.flat_captions[:2])
    np.testing.assert_allclose(judges["text_embedding"], before, atol=1e-6)
    after = gan.text_encoder.encode(dataset.flat_captions[:2])["text_embedding"]
    assert np.abs(after - before).max() > 1e-3


@pytest.mark.slow
def test_a_resumed_joint_training_is_an_unbroken_one(dataset, tmp_path):
    def fresh():
        return make_joint(dataset, "last_blocks", {"base_channels": 2})

    unbroken = fresh()
    unbroken.save(tmp_path / "model")
    unbroken.fit(dataset, steps_per_epoch=4, verbose=0)
    first = fresh()
    first.fit(dataset, steps_per_epoch=2, verbose=0)
    first.save_weights(tmp_path / "at_2.weights.h5")
    resumed = TextToImageGAN.load(tmp_path / "model", tmp_path / "at_2.weights.h5")
    resumed.fit(dataset, steps_per_epoch=2, verbose=0)
    assert resumed.train_text_encoder == "last_blocks"
    for one, other in zip(
        unbroken.language_side.learned_variables(),
        resumed.language_side.learned_variables(),
        strict=True,
    ):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=2e-6)
    captions = dataset.flat_captions[:2]
    np.testing.assert_allclose(
        unbroken.generate(captions), resumed.generate(captions), atol=1
    )


@pytest.mark.slow
def test_saved_after_training_it_keeps_both_encoders(dataset, tmp_path):
    gan = make_joint(
        dataset, "full", {}, language_optimizer=keras.optimizers.Adam(0.01)
    )
    gan.fit(dataset, steps_per_epoch=2, verbose=0)
    gan.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    text = dataset.flat_captions[:2]
    for name in ("text_encoder", "judge_text_encoder"):
        vectors = [
            getattr(g, name).encode(text)["text_embedding"] for g in (gan, loaded)
        ]
        np.testing.assert_allclose(*vectors, atol=1e-6)
    np.testing.assert_array_equal(gan.generate(text), loaded.generate(text))
    assert loaded.captioner.caption(dataset.images) == gan.captioner.caption(
        dataset.images
    )


def test_a_model_may_be_compiled_before_it_has_a_text_encoder(dataset):
    """As `from_preset`, `compile`, `fit` do, where `fit` trains the encoder first."""
    encoder = make_encoder(dataset)
    gan = TextToImageGAN(
        Generator(32, 8, 4, base_channels=2, condition_dim=8),
        Discriminator(32, 8, base_channels=2, matching_dim=6),
        train_text_encoder="projection",
    )
    gan.compile(jit_compile=False)
    gan.set_text_encoder(encoder)
    first = gan.language_optimizer
    before = [w.numpy() for w in gan.language_side.learned_variables()]
    gan.train_step(batch_of(gan, dataset))
    after = [w.numpy() for w in gan.language_side.learned_variables()]
    assert any(np.abs(a - b).max() > 0 for a, b in zip(before, after, strict=True))
    gan.set_text_encoder(make_encoder(dataset))
    assert gan.language_optimizer is not first
    gan.train_step(batch_of(gan, dataset))


@pytest.mark.slow
def test_packaged_it_keeps_the_judges_encoder(dataset, tmp_path):
    gan = make_joint(dataset, "full", language_optimizer=keras.optimizers.Adam(0.05))
    gan.fit(dataset, steps_per_epoch=2, verbose=0)
    gan.save_to_preset(tmp_path / "packed")
    packed = TextToImageGAN.from_preset(tmp_path / "packed")
    text = dataset.flat_captions[:2]
    for name in ("text_encoder", "judge_text_encoder"):
        one, other = (getattr(g, name).encode(text) for g in (gan, packed))
        np.testing.assert_allclose(
            one["text_embedding"], other["text_embedding"], atol=2e-2
        )


def test_an_unknown_choice_is_refused(dataset):
    with pytest.raises(ValueError, match="train_text_encoder='some'"):
        make_joint(dataset, "some")
    with pytest.raises(ValueError, match="train_text_encoder='half'"):
        LanguageSide(make_encoder(dataset), "half", None, 32)
