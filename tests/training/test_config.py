"""Settings are checked before work starts, and survive their file."""

import json

import pytest

from aigc_keras.datasets import DatasetError
from aigc_keras.models import TextToImageGAN
from aigc_keras.training import RunError, TrainingConfig
from aigc_keras.training.trainer import compile_for


def test_settings_come_back_from_json():
    config = TrainingConfig(
        dataset="noto_emoji", augmentation=("crop", "color_jitter"), max_faulty=0.1
    )
    assert TrainingConfig(**json.loads(json.dumps(config.to_dict()))) == config


def test_the_preset_brings_its_augmentation():
    assert TrainingConfig(preset="shapes_64").augmentation == ()
    photo = TrainingConfig(preset="photo_128", image_size=128)
    assert photo.augmentation == ("crop", "color_jitter")
    plain = TrainingConfig(preset="photo_128", image_size=128, augmentation=())
    assert plain.augmentation == ()


def test_parts_of_captions_go_to_the_text_side_too():
    assert TrainingConfig(preset="shapes_64").text_side().caption_parts
    whole = TrainingConfig(preset="shapes_64", caption_parts=0)
    assert not whole.text_side().caption_parts
    assert not TrainingConfig(preset="scenes_64").text_side().caption_parts


def test_a_prior_is_the_text_side_s():
    assert TrainingConfig(preset="shapes_64").text_side().prior_steps == 0
    assert TrainingConfig(preset="scenes_64").text_side().prior_steps == 10_000
    assert (
        TrainingConfig(preset="shapes_64", prior_steps=9).text_side().prior_steps == 9
    )


def test_emoji_have_names():
    assert TrainingConfig(dataset="noto_emoji").text_side().own_words
    assert not TrainingConfig(preset="shapes_64").text_side().own_words
    described = TrainingConfig(dataset="noto_emoji", own_words=False)
    assert not described.text_side().own_words


def test_language_that_learns_along_learns_whole_captions():
    """A captioner and a prompt writer of fragments would say fragments."""
    joint = TrainingConfig(preset="shapes_64", train_text_encoder="last_blocks")
    assert joint.caption_parts == 0
    assert TrainingConfig(**joint.to_dict()) == joint
    with pytest.raises(RunError, match="frozen.*caption_parts=1"):
        joint.replace(caption_parts=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"augmentation": ("mosaic",)}, "'mosaic'"),
        ({"framing": "stretch"}, "'stretch'"),
        ({"caption_pattern": "("}, "regular expression"),
        ({"max_faulty": 1.5}, "max_faulty=1.5"),
        ({"image_size": 48}, "image_size=48"),
        ({"batch_size": 1}, "batch_size=1"),
        ({"steps": 5, "minutes": 1.0}, "minutes=1.0"),
        ({"steps": None}, "steps=None"),
        ({"steps": 0}, "steps=0"),
        ({"generator_learning_rate": -1.0}, "generator_learning_rate=-1.0"),
        ({"save_every": 30, "log_every": 20}, "30 and 20"),
        ({"penalty": "r9"}, "'r9'"),
        ({"recipe": "some"}, "recipe='some'"),
        ({"caption_parts": -1}, "caption_parts=-1"),
        ({"prior_steps": -1}, "prior_steps=-1"),
        ({"warm_up_steps": -5}, "warm_up_steps=-5"),
    ],
)
def test_bad_settings_are_one_clear_line(changes, message):
    with pytest.raises((RunError, DatasetError), match="Received") as caught:
        TrainingConfig(**changes)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_limits_of_the_slopes_reach_both_optimizers(tiny_settings, draw_dataset):
    config = TrainingConfig(
        **tiny_settings,
        clip_norm=0.5,
        gradient_accumulation=2,
        rematerialize=True,
        recipe="few",
    )
    gan = TextToImageGAN.from_preset("tiny_32", None)
    compile_for(gan, config, draw_dataset(4))
    for optimizer in (gan.optimizer, gan.discriminator_optimizer):
        assert optimizer.clipnorm == 0.5
        assert optimizer.gradient_accumulation_steps == 2
    assert gan.trained
    with pytest.raises(RunError, match="next_token_guidance=-1"):
        config.replace(next_token_guidance=-1)
    with pytest.raises(RunError, match="gradient_accumulation=0"):
        config.replace(gradient_accumulation=0)


def test_a_data_set_brings_its_preset_and_that_its_training():
    config = TrainingConfig(dataset="noto_emoji")
    assert config.preset == "emoji_64"
    assert (config.penalty, config.warm_up_steps) == ("r1", 2500)
    assert TrainingConfig(dataset="noto_emoji", preset="shapes_64").penalty is None
    without = TrainingConfig(dataset="noto_emoji", penalty="none")
    assert TrainingConfig(**without.to_dict()).penalty == "none"
    assert TrainingConfig().preset == "shapes_64"
