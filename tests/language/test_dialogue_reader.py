"""A sentence about a picture becomes an action."""

import pytest

from aigc_keras.language import Action, CaptionError, DialogueReader
from aigc_keras.language.dialogue_reader import read_action

TURNS = [
    ("", "a red ring please", "draw", "a red ring"),
    ("a red ring", "make it blue", "draw", "a blue ring"),
    ("a blue ring", "make it red", "draw", "a red ring"),
    ("a red ring", "what colour is it", "say", "it is red"),
    ("a blue ring", "它是什么颜色", "say", "它是蓝色的"),
    ("a red ring", "sing", "no", "sorry"),
    ("a blue ring", "back", "undo", ""),
    ("a red ring", "forward", "redo", ""),
    ("a red ring", "four more", "more", ""),
    ("a blue ring", "save it", "save", ""),
    ("a blue ring", "now green", "draw", "a green ring", "colour green"),
    ("a red ring", "is it blue", "say", "no, it is red", "colour red, blue"),
]


@pytest.fixture(scope="module")
def reader():
    """A reader that knows its few turns by heart."""
    reader = DialogueReader.from_turns(
        TURNS, 320, num_layers=1, hidden_dim=64, sequence_length=40
    )
    losses = reader.fit(TURNS, epochs=150, learning_rate=5e-3, batch_size=10)
    assert losses[-1] < 0.1 * losses[0]
    return reader


def test_what_was_learned_is_read(reader, tmp_path):
    captions, sentences, kinds, texts = zip(*(t[:4] for t in TURNS), strict=True)
    wanted = [Action(*pair) for pair in zip(kinds, texts, strict=True)]
    assert reader.read(captions, sentences) == wanted
    reader.save_to_preset(tmp_path)
    again = DialogueReader.from_preset(tmp_path)
    assert again.read(captions, sentences) == wanted


@pytest.mark.parametrize(
    "text, action",
    [
        ("draw: a red ring", Action("draw", "a red ring")),
        ("say: it is red", Action("say", "it is red")),
        ("no: sorry", Action("no", "sorry")),
        ("undo:", Action("undo")),
        ("ring, colour red; draw: a red ring", Action("draw", "a red ring")),
        ("say: one; draw: two", Action("say", "one; draw: two")),
        ("draw:", Action("no")),
        ("a red ring", Action("no")),
        ("fly: away", Action("no")),
        ("", Action("no")),
    ],
)
def test_what_is_no_action_is_a_no(text, action):
    assert read_action(text) == action


def test_bad_turns_and_sentences_are_refused(reader):
    with pytest.raises(ValueError, match="must be one of draw, say"):
        reader.fit([("", "a", "fly", "b")])
    with pytest.raises(CaptionError):
        reader.read([""], [""])
    with pytest.raises(ValueError, match="equally many"):
        reader.read(["", ""], ["a red ring"])
