"""Every named architecture builds and draws."""

import numpy as np
import pytest

from aigc_keras.models import PRESETS, TextToImageGAN
from aigc_keras.models.presets import default_preset


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_builds_what_it_says(name):
    gan = TextToImageGAN.from_preset(name, None)
    size, text_dim = PRESETS[name]["image_size"], PRESETS[name]["text_dim"]
    images = gan.draw(np.zeros((1, text_dim)), np.zeros((1, gan.generator.noise_dim)))
    assert images.shape == (1, size, size, 3)
    assert PRESETS[name]["description"]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_another_image_size_may_be_asked_for(name):
    other = 64 if PRESETS[name]["image_size"] == 32 else 32
    gan = TextToImageGAN.from_preset(name, None, image_size=other)
    assert gan.generator.image_size == gan.discriminator.image_size == other
    assert gan.judge.image_size == other


@pytest.mark.parametrize(
    ("dataset", "preset"),
    [
        ("noto_emoji", "emoji_64"),
        ("noto_emoji/all", "emoji_64"),
        ("shapes", "shapes_64"),
        ("captioned_folder", "shapes_64"),
    ],
)
def test_a_data_set_may_have_a_preset_of_its_own(dataset, preset):
    assert default_preset(dataset) == preset in PRESETS
