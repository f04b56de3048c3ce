"""A person's picture is changed by a sentence."""

import io

import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets.images import ImageError
from aigc_keras.models import (
    Discriminator,
    Generator,
    NoiseEncoder,
    TextToImageGAN,
)
from aigc_keras.tasks import edit_picture
from aigc_keras.tasks.edit import EditError


@pytest.fixture(scope="module")
def gan(tiny_language):
    encoder, _ = tiny_language
    dim = encoder.text_dim
    return TextToImageGAN(
        Generator(32, dim, 4, base_channels=2, condition_dim=8),
        Discriminator(32, dim, base_channels=2, matching_dim=6),
        encoder,
        noise_encoder=NoiseEncoder(32, dim, 4, base_channels=2, hidden_dim=8),
    )


def encoded(width=90, height=50, mode="RGB", form="png"):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (height, width, len(mode)), "uint8")
    file = io.BytesIO()
    Image.fromarray(picture.squeeze(), mode if mode != "L" else None).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize(
    "picture",
    [encoded(), encoded(7, 400), encoded(mode="RGBA"), encoded(mode="L", form="jpeg")],
)
def test_a_picture_of_any_size_is_changed(gan, picture):
    made = edit_picture(gan, picture, "a blue star", "a red ring", framing="letterbox")
    assert made.before.shape == made.after.shape == (32, 32, 3)
    assert made.after.dtype == np.uint8
    assert (made.caption, made.new_caption) == ("a red ring", "a blue star")
    expected = gan.edit(made.before, ["a blue star"], ["a red ring"])
    np.testing.assert_array_equal(made.after, expected[0])


def test_a_file_is_read_and_left_alone(gan, tmp_path):
    path = tmp_path / "in.png"
    path.write_bytes(encoded())
    steps = []
    settings = {"refine_steps": 2, "on_step": lambda *now: steps.append(now)}
    edit_picture(gan, path, "a blue star", "a red ring", seed=3, **settings)
    assert path.read_bytes() == encoded() and steps == [(1, 2), (2, 2)]


def test_a_sentence_that_asks_for_nothing_is_refused(gan):
    with pytest.raises(EditError, match="understood as nothing new for 'a red ring'"):
        edit_picture(gan, encoded(), "a red ring", "a red ring")


def test_what_is_no_picture_is_refused(gan):
    with pytest.raises(ImageError):
        edit_picture(gan, encoded()[:90], "a blue star", "a red ring")
