"""A conversation about a picture keeps what it has come to."""

import io

import numpy as np
import pytest
from PIL import Image

from aigc_keras.language import Action, CaptionError
from aigc_keras.models import (
    Discriminator,
    Generator,
    NoiseEncoder,
    TextToImageGAN,
)
from aigc_keras.tasks import VisualDialogue


class Listener:
    """Stands for a trained reader: it has learned these few sentences by heart."""

    ACTIONS = {
        "a red ring": Action("draw", "a red ring"),
        "画蓝星": Action("draw", "a blue star"),
        "make it a star": Action("draw", "a blue star"),
        "what is it": Action("say", "a red ring"),
        "back": Action("undo"),
        "forward": Action("redo"),
        "more": Action("more"),
        "save": Action("save"),
        "sing": Action("no", "sorry"),
    }

    def __init__(self):
        self.heard = []

    def read(self, captions, sentences):
        self.heard += zip(captions, sentences, strict=True)
        if len(sentences[0]) > 500:
            raise ValueError("a prompt of 128 tokens or more")
        return [self.ACTIONS.get(text, Action("no")) for text in sentences]


@pytest.fixture(scope="module")
def gan(tiny_language):
    encoder, _ = tiny_language
    dim = encoder.text_dim
    gan = TextToImageGAN(
        Generator(32, dim, 4, base_channels=2, condition_dim=8),
        Discriminator(32, dim, base_channels=2, matching_dim=6),
        encoder,
        noise_encoder=NoiseEncoder(32, dim, 4, base_channels=2, hidden_dim=8),
    )
    rng = np.random.default_rng(0)
    for network in (gan.ema_generator, gan.ema_noise_encoder):
        shapes = [weight.shape for weight in network.weights]
        network.set_weights([rng.normal(0, 0.3, shape) for shape in shapes])
    return gan


class Looker:
    """Stands for a trained captioner: it sees a blue star in everything."""

    def caption(self, images, language):
        return ["a blue star"] * len(images)


@pytest.fixture
def dialogue(gan):
    return VisualDialogue(gan, Listener(), Looker(), seed=5)


def encoded():
    picture = np.random.default_rng(0).integers(0, 256, (50, 90, 3), "uint8")
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    return file.getvalue()


def test_a_picture_is_drawn_and_changed_with_its_own_noise(dialogue, gan):
    first = dialogue.say("a red ring")
    assert (first.kind, first.text, dialogue.caption) == ("draw",) + ("a red ring",) * 2
    np.testing.assert_array_equal(first.image, gan.generate(["a red ring"], seed=5)[0])
    second = dialogue.say("make it a star")
    np.testing.assert_array_equal(
        second.image, gan.generate(["a blue star"], seed=5)[0]
    )
    assert (first.image != second.image).any()
    assert dialogue.reader.heard == [
        ("", "a red ring"),
        ("a red ring", "make it a star"),
    ]


def test_one_goes_back_and_forth(dialogue):
    first = dialogue.say("a red ring").image
    second = dialogue.say("make it a star").image
    back = dialogue.say("back")
    assert back.kind == "undo" and back.text == "back again: a red ring"
    np.testing.assert_array_equal(back.image, first)
    np.testing.assert_array_equal(dialogue.say("forward").image, second)
    assert dialogue.say("forward").text == "there is nothing to go forward to"
    dialogue.undo()
    assert dialogue.undo().text == "back again: there is no picture"
    assert dialogue.undo().kind == "no" and dialogue.image is None


def test_what_is_said_only_leaves_the_picture(dialogue):
    image = dialogue.say("a red ring").image
    for sentence, kind in (("what is it", "say"), ("sing", "no"), ("gibberish", "no")):
        answer = dialogue.say(sentence)
        assert answer.kind == kind and answer.text
        assert answer.image is image
    assert "did not understand" in answer.text
    assert dialogue.say("a red ring").text == "it is like that already"
    assert dialogue.say("胡说").text.startswith("抱歉")


def test_variations_differ_and_one_is_chosen(dialogue):
    assert dialogue.say("more").kind == "no"
    dialogue.say("a red ring")
    more = dialogue.say("more")
    assert len(more.images) == 4
    assert len({image.tobytes() for image in more.images}) == 4
    with pytest.raises(ValueError, match="of 4"):
        dialogue.choose(5)
    chosen = dialogue.choose(3)
    np.testing.assert_array_equal(chosen.image, more.images[2])
    again = dialogue.say("more")
    assert {i.tobytes() for i in again.images}.isdisjoint(
        {i.tobytes() for i in more.images}
    )


def test_a_seed_draws_the_same_caption_otherwise(dialogue, gan):
    before = dialogue.say("a red ring").image
    after = dialogue.reseed(9)
    assert after.text == "seed 9" and (after.image != before).any()
    np.testing.assert_array_equal(after.image, gan.generate(["a red ring"], seed=9)[0])


def test_a_persons_picture_is_looked_at_and_changed(dialogue):
    seen = dialogue.show(encoded())
    assert seen.kind == "show" and seen.text == f"I see {dialogue.caption}"
    assert seen.image.shape == (32, 32, 3)
    noise = dialogue.picture.noise
    changed = dialogue.say("a red ring")
    np.testing.assert_array_equal(dialogue.picture.noise, noise)
    assert (changed.image != seen.image).any()
    np.testing.assert_array_equal(dialogue.say("back").image, seen.image)


def test_a_picture_without_words_for_it_is_not_taken(gan, tiny_captioner):
    dialogue = VisualDialogue(gan, Listener(), tiny_captioner)
    assert not tiny_captioner.caption(np.zeros((1, 32, 32, 3), "uint8"))[0]
    dialogue.say("a red ring")
    black = io.BytesIO()
    Image.new("RGB", (40, 40)).save(black, "png")
    assert dialogue.show(black.getvalue()).text.startswith("sorry")
    assert dialogue.caption == "a red ring"


def test_the_language_is_that_of_the_sentence(dialogue):
    assert dialogue.say("画蓝星").kind == "draw"
    dialogue.say("画蓝星")
    assert dialogue.history[-1] == ("model", "已经是这样了")
    assert dialogue.history[0] == ("user", "画蓝星")
    assert dialogue.save().text == "这是要保存的图"


def test_bad_input_is_refused_and_nothing_is_lost(dialogue, gan, tiny_language):
    image = dialogue.say("a red ring").image
    for sentence in ("", "  ", "x" * 501):
        with pytest.raises(CaptionError):
            dialogue.say(sentence)
    with pytest.raises(ValueError):
        dialogue.show(b"no picture")
    assert dialogue.image is image
    with pytest.raises(ValueError, match="train --task dialogue"):
        VisualDialogue(gan)
    alone = VisualDialogue(gan, Listener())
    with pytest.raises(ValueError, match="train --task captioner"):
        alone.show(encoded())
