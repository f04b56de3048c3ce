"""A model's folder: exact, whole or not at all, and refused when it is not one."""

import json

import keras
import numpy as np
import pytest

from aigc_keras import losses
from aigc_keras.layers import DiffAugment
from aigc_keras.models import LossWeights, TextToImageGAN, saving
from aigc_keras.models.next_token_readout import make_readout


@pytest.fixture
def trained(make_gan, make_batch):
    gan = make_gan(judge=True, seed=5)
    gan.compile()
    for step in range(3):
        gan.train_on_batch(make_batch(seed=step))
    return gan


def assert_same_weights(first, second):
    for one, other in zip(first.weights, second.weights, strict=True):
        assert one.path == other.path
        np.testing.assert_array_equal(one, other)


def test_every_weight_and_both_optimizers_come_back(trained, tmp_path):
    trained.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    assert_same_weights(trained.generator, loaded.generator)
    assert_same_weights(trained.discriminator, loaded.discriminator)
    for part in ("ema_generator", "judge"):
        assert_same_weights(getattr(trained, part), getattr(loaded, part))
    np.testing.assert_array_equal(trained.caption_bank, loaded.caption_bank)
    for name in ("optimizer", "discriminator_optimizer"):
        first, second = getattr(trained, name), getattr(loaded, name)
        assert int(second.iterations) == 3
        for one, other in zip(first.variables, second.variables, strict=True):
            np.testing.assert_array_equal(one, other)
    assert loaded.seed == 5


def test_classes_and_their_head_come_back(make_recognizer, make_batch, tmp_path):
    gan = make_recognizer()
    gan.compile(loss_weights=LossWeights(classes=0.25))
    gan.train_on_batch({**make_batch(), "label": np.array([0, 2, 1, 2])})
    gan.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    assert loaded.class_names == ["cat", "dog", "owl"]
    assert loaded.loss_weights.classes == 0.25
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), "uint8")
    np.testing.assert_array_equal(
        loaded.recognize(images)["probabilities"],
        gan.recognize(images)["probabilities"],
    )


def test_a_loaded_model_goes_on_as_the_first_would(trained, make_batch, tmp_path):
    trained.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    for gan in (trained, loaded):
        gan.train_on_batch(make_batch(seed=7))
    assert_same_weights(trained.generator, loaded.generator)
    assert_same_weights(trained.ema_generator, loaded.ema_generator)


def test_a_loaded_model_is_compiled_as_the_first_was(make_gan, make_batch, tmp_path):
    gan = make_gan()
    gan.compile(
        keras.optimizers.Adam(2e-3, beta_1=0.0),
        keras.optimizers.SGD(0.1),
        loss="relativistic",
        loss_weights=LossWeights(matching=0.7),
        penalty=losses.R1Penalty(gamma=3.0),
        diff_augment=DiffAugment(("color",)),
        ema_half_life=123,
        text_noise=0.25,
    )
    gan.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    assert loaded.adversarial_loss is losses.ADVERSARIAL_LOSSES["relativistic"]
    assert loaded.loss_weights == LossWeights(matching=0.7)
    assert loaded.penalty == losses.R1Penalty(gamma=3.0)
    assert (loaded.ema_half_life, loaded.text_noise) == (123, 0.25)
    assert loaded.diff_augment.policy == ("color",)
    assert isinstance(loaded.discriminator_optimizer, keras.optimizers.SGD)
    for model in (gan, loaded):
        model.train_on_batch(make_batch())
    assert_same_weights(gan.generator, loaded.generator)
    assert_same_weights(gan.discriminator, loaded.discriminator)


def test_a_loss_of_one_s_own_falls_back_to_the_default(make_gan, tmp_path):
    gan = make_gan()
    own = losses.ADVERSARIAL_LOSSES["wasserstein"]
    own = losses.AdversarialLoss("own", own.generator, own.discriminator)
    gan.compile(loss=own, penalty=lambda score, gradient, image, text: 0.0)
    gan.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    assert loaded.adversarial_loss.name == "non_saturating" and loaded.penalty is None


def test_the_text_encoder_travels_along(make_gan, text_encoder, tmp_path):
    gan = make_gan(text_encoder=text_encoder)
    gan.compile()
    gan.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    prompts = ["a red circle", "一个红色的圆形"]
    np.testing.assert_array_equal(
        gan.generate(prompts, seed=1), loaded.generate(prompts, seed=1)
    )


def test_the_readout_travels_along(make_gan, text_encoder, tmp_path):
    gan = make_gan(judge=True, text_encoder=text_encoder)
    gan.readout = make_readout(gan.judge, text_encoder.backbone)
    gan.compile(loss_weights=LossWeights(judge_next_token=3.0))
    gan.save(tmp_path / "model")
    loaded = TextToImageGAN.load(tmp_path / "model")
    assert loaded.loss_weights.judge_next_token == 3.0
    for one, other in zip(gan.readout.weights, loaded.readout.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not loaded.readout.trainable_variables


def test_saving_again_replaces_and_leaves_nothing_behind(trained, tmp_path):
    for _ in range(2):
        trained.save(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_failed_save_keeps_the_old_model(trained, tmp_path, monkeypatch):
    trained.save(tmp_path / "model")
    before = (tmp_path / "model" / saving.WEIGHTS_FILE).read_bytes()

    def fail(path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(trained, "save_weights", fail)
    with pytest.raises(OSError, match="No space left"):
        trained.save(tmp_path / "model")
    assert (tmp_path / "model" / saving.WEIGHTS_FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must hold model.json"):
        TextToImageGAN.load(tmp_path)


def test_the_configuration_is_plain_json(trained, tmp_path):
    trained.save(tmp_path / "model")
    config = json.loads((tmp_path / "model" / saving.CONFIG_FILE).read_text())
    assert config["format"] == 1
    assert config["generator"]["image_size"] == 32


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_precision_is_that_of_who_reads(make_gan, tmp_path, policy):
    """Where a processor lacks bfloat16, a step took eight times as long in it."""
    gan = make_gan(judge=True, noise_encoder=True, dtype="mixed_bfloat16")
    gan.compile()
    gan.save(tmp_path / "model")
    keras.config.set_dtype_policy(policy)
    try:
        loaded = TextToImageGAN.load(tmp_path / "model")
    finally:
        keras.config.set_dtype_policy("float32")
    names = ("generator", "discriminator", "judge", "noise_encoder")
    assert {getattr(loaded, name).dtype_policy.name for name in names} == {policy}
    assert_same_weights(gan.generator, loaded.generator)
