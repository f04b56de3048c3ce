"""Dialogues are followed fairly, and what comes of them is scored."""

import numpy as np
import pytest

from aigc_keras.datasets.shapes_dialogue import shapes_dialogue_dataset_builder
from aigc_keras.datasets.shapes_dialogue.outside import held_out_sentences
from aigc_keras.evaluation import measure_dialogue
from aigc_keras.evaluation.run_dialogue import follow_dialogues
from aigc_keras.language import Action

RING = "a small red ring in the centre of a grey background"
STAR = "a small red star in the centre of a grey background"


def turn(sentence, reply, text, after):
    return {
        "sentence": sentence,
        "reply": reply,
        "text": text,
        "after": after,
        "language": "en",
    }


DIALOGUE = [
    turn("a ring", "draw", RING, RING),
    turn("a star", "draw", STAR, STAR),
    turn("what colour", "say", "it is red", STAR),
    turn("sing", "no", "sorry", STAR),
    turn("back", "undo", "", RING),
]


class Reader:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, actions):
        self.actions = actions
        self.asked = []

    def read(self, captions, sentences):
        self.asked += zip(captions, sentences, strict=True)
        return [self.actions.get(sentence, Action("no")) for sentence in sentences]


def right_actions():
    return {t["sentence"]: Action(t["reply"], t["text"]) for t in DIALOGUE}


def test_a_dialogue_that_is_followed_is_all_right():
    reader = Reader(right_actions())
    (row,) = follow_dialogues(reader, [DIALOGUE])
    assert row["states"] == [True] * 5
    assert (row["answers"], row["refusals"]) == ([True], [True])
    assert (row["caption"], row["wanted"]) == (RING, RING)
    assert [caption for caption, _ in reader.asked] == ["", RING, STAR, STAR, STAR]


def test_an_error_is_carried_on():
    wrong = Action("draw", STAR.replace("red", "blue"))
    reader = Reader({**right_actions(), "a star": wrong, "sing": Action("say", "la")})
    (row,) = follow_dialogues(reader, [DIALOGUE])
    assert row["states"] == [True, False, False, False, True]
    assert (row["answers"], row["refusals"]) == ([True], [False])
    assert reader.asked[2][0] == wrong.text


def test_other_words_for_the_same_picture_are_right():
    reader = Reader(
        {
            **right_actions(),
            "a ring": Action("draw", "一个红色的小圆环在灰色背景的中间"),
            "what colour": Action("say", "red"),
        }
    )
    (row,) = follow_dialogues(reader, [DIALOGUE])
    assert row["states"][0] and row["answers"] == [False]


@pytest.fixture
def few_dialogues(monkeypatch):
    module = shapes_dialogue_dataset_builder
    few = {name: (8, words) for name, (_, words) in module.SPLITS.items()}
    monkeypatch.setattr(module, "SPLITS", few)


def test_one_that_refuses_everything_declines_everything(
    few_dialogues, tmp_path, capsys
):
    figures = measure_dialogue(Reader({}), None, tmp_path, num_dialogues=8)
    # What is prepared on the way is told on stderr: stdout is for the figures' JSON.
    said = capsys.readouterr()
    assert said.out == "" and "shapes_dialogue" in said.err
    assert set(figures) == {"all", "en", "zh"}
    assert figures["all"]["declined"] == figures["all"]["refusals"] == 1.0
    assert figures["all"]["state_1"] == figures["all"]["answers"] == 0.0
    # One that draws everything declines nothing.
    draws = dict.fromkeys(held_out_sentences(), Action("draw", RING))
    figures = measure_dialogue(Reader(draws), None, tmp_path, num_dialogues=8)
    assert figures["zh"]["declined"] == 0.0


def test_pictures_are_scored_against_what_should_be_there(
    few_dialogues, tmp_path, repairing_gan
):
    figures = measure_dialogue(Reader({}), repairing_gan, tmp_path, num_dialogues=8)
    # Nothing was drawn, where each dialogue asks for something.
    assert figures["all"]["drawn"] == 0.0
    assert np.isfinite(figures["all"]["drawn_alone"])
