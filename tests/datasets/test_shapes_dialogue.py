"""Dialogues about shapes: what is said, and what is right after it."""

import random
import re

import pytest
import tensorflow_datasets as tfds

from aigc_keras.datasets.shapes.scene import HELD_OUT_PAIRS
from aigc_keras.datasets.shapes_dialogue import (
    clauses,
    outside,
    questions,
    requests,
    scene_state,
    shapes_dialogue_dataset_builder,
    transcripts,
)
from aigc_keras.datasets.shapes_dialogue.scene_state import SceneState, read_state
from aigc_keras.datasets.shapes_dialogue.speaker import (
    PHRASES,
    TESTED_WORDS,
    WORDS,
    Speaker,
)
from aigc_keras.language import language_of
from aigc_keras.undo_history import UndoHistory

RING, STAR = ("small", "red", "ring"), ("large", "blue", "star")
SINGLE = SceneState("grey", (RING,), 1, "left")
GROUP = SceneState("grey", (STAR,), 2)
PAIR = SceneState("pink", (RING, STAR), 2, relation="above")


def dialogues(split, number=150, seed=0):
    rng = random.Random(seed)
    return [transcripts.sample_transcript(rng, split) for _ in range(number)]


@pytest.fixture(scope="module")
def train_turns():
    return [turn for dialogue in dialogues("train", 600) for turn in dialogue]


@pytest.fixture(scope="module")
def test_dialogues():
    return dialogues("test", 300, seed=1)


def test_the_same_seed_says_the_same():
    assert dialogues("train", 5) == dialogues("train", 5)
    assert dialogues("train", 5) != dialogues("train", 5, seed=1)


def test_every_sentence_is_whole_and_every_topic_occurs(train_turns, test_dialogues):
    tried = [turn for dialogue in test_dialogues for turn in dialogue]
    for turns in (train_turns, tried):
        for turn in turns:
            assert turn.sentence.strip() and not re.search(r"[{}|]", turn.sentence)
            assert turn.text or turn.reply.kind in ("undo", "redo", "more", "save")
            if turn.reply.kind == "draw":
                assert read_state(turn.text) == turn.reply.state
        topics = {turn.topic for turn in turns}
        # Changes by a whole caption, and what words mean, are of training alone.
        missing = {"change_whole", "ask_word"} if turns is tried else set()
        assert topics == set(transcripts.TOPICS) - missing | {"nothing_yet"}


def test_the_state_follows_from_the_replies(train_turns, test_dialogues):
    for dialogue in test_dialogues:
        history = UndoHistory()
        for turn in dialogue:
            before = read_state(turn.before) if turn.before else None
            assert before == history.current
            if turn.reply.kind == "draw":
                history.push(turn.reply.state)
            elif turn.reply.kind in ("undo", "redo"):
                getattr(history, turn.reply.kind)()
            assert turn.after == history.current


def test_what_is_tried_was_not_trained_on(train_turns, test_dialogues):
    for phrases in PHRASES.values():
        for topic, of in phrases.turns.items():
            assert not set(of["train"]) & set(of["test"]), topic
    # Nor does a wrapping make one of the others.
    questions_of = {
        "ask_place": ("ask_place",),
        "ask_attribute": ("ask_colour", "ask_shape", "ask_size"),
        "remove": ("remove",),
        "undo": ("undo",),
        "save": ("save",),
        "add": ("add",),
        "draw_partly": ("draw",),
    }
    for turn in train_turns:
        for name in questions_of.get(turn.topic, ()):
            for text in PHRASES[turn.language].turns[name]["test"]:
                tried = ".+".join(map(re.escape, re.split(r"\{\w+\}", text)))
                assert not re.fullmatch(tried, turn.sentence), turn.sentence
    # Some words occur in no request of training but those that say a whole caption.
    held_out = {word for words in TESTED_WORDS.values() for word in words}
    captions = [t.sentence for t in train_turns if t.topic == "draw_whole"]
    changes = [t.sentence for t in train_turns if t.topic == "change"]
    assert any("crimson" in t or "scarlet" in t for t in captions)
    assert "scarlet" in held_out and "红" in held_out
    for word in (w for w in held_out if w.isascii()):
        assert not any(re.search(rf"\b{word}\b", text) for text in changes), word
    assert any("scarlet" in t.sentence for d in test_dialogues for t in d[1:])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_words_mean_is_said_of_those_to_be_tried_too(language):
    speaker = Speaker(random.Random(0), language)
    asked = set()
    for _ in range(400):
        sentence, reply = questions.ask_word(speaker, None)
        assert reply.kind == "say" and reply.state is None
        word, plain = re.split(" means |就是", reply.text)
        assert all(part in sentence for part in word.split()) and word != plain
        assert plain == WORDS[language][reply.meaning][0]
        known = WORDS[language][reply.meaning]
        assert word in (*known, *speaker.phrases.more_words[reply.meaning])
        asked.add(word)
    tested = TESTED_WORDS[language]
    assert len(asked & tested) > 0.9 * len(tested) and len(asked - tested) > 40


def test_a_dialogue_to_be_tried_stays_within_what_models_have_seen(test_dialogues):
    for dialogue in test_dialogues:
        assert dialogue[0].reply.kind == "draw"
        assert len({turn.language for turn in dialogue}) == 1
        for turn in dialogue:
            kinds = turn.after.kinds if turn.after else ()
            assert not {kind[1:] for kind in kinds} & HELD_OUT_PAIRS


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("state", [SINGLE, GROUP, PAIR], ids=lambda state: state.form)
def test_a_change_changes_one_thing(language, state):
    speaker = Speaker(random.Random(0), language)
    drawn = 0
    for _ in range(200):
        sentence, reply = requests.change(speaker, state)
        assert language == "zh" or language_of(sentence) == "en"
        if reply.kind == "no":
            assert reply.text in speaker.phrases.refusals.values()
            continue
        drawn += 1
        new = reply.state
        parts = [new.background == state.background, new.position == state.position]
        kinds = zip(sorted(new.kinds), sorted(state.kinds), strict=True)
        parts.append(all(one == other for one, other in kinds))
        parts.append(
            {new.relation, scene_state.MIRRORED.get(new.relation)}
            == {state.relation, scene_state.MIRRORED.get(state.relation)}
        )
        assert parts.count(False) <= 1, sentence
        assert new.count == state.count
    assert drawn > 100


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("state", [SINGLE, GROUP, PAIR], ids=lambda state: state.form)
def test_a_meaning_says_of_what_and_what(language, state):
    speaker = Speaker(random.Random(0), language)
    which = (*range(len(state.kinds)), None)
    named = {requests.name_thing(state, index) for index in which}
    for _ in range(100):
        _, reply = requests.change(speaker, state)
        *thing, change = reply.meaning.split(", ")
        attribute, value = change.split(" ")
        assert (attribute == "background") == (not thing)
        assert set(thing) <= named
        if reply.kind == "draw" and attribute != "position":
            new = reply.state
            told = [new.background, *(name for kind in new.kinds for name in kind)]
            assert value in told


@pytest.mark.parametrize(
    "language, tried", [("en", ("scarlet", "disc")), ("zh", ("方块", "加号"))]
)
def test_a_change_by_a_whole_caption_says_all_of_it(language, tried, monkeypatch):
    speaker = Speaker(random.Random(0), language)
    said = []
    for _ in range(200):
        sentence, reply = requests.change_whole(speaker, SINGLE)
        thing, *values = reply.meaning.split(", ")
        assert thing == "first small red ring"
        new = reply.state
        position = f"position {new.position}"
        told = [*zip(("size", "colour", "shape"), new.kinds[0], strict=True)]
        told = [f"{name} {value}" for name, value in told]
        assert values == [*told, position, f"background {new.background}"]
        assert "background" in sentence or "背景" in sentence
        assert "picture" not in sentence and new.kinds[0][2] != "ring"
        said.append(sentence)
    # The caption alone would ask for a new picture.
    monkeypatch.setattr(speaker, "wrap", str)
    for _ in range(200):
        sentence, _ = requests.change_whole(speaker, SINGLE)
        assert read_state(sentence) is None
    # Words that are tried are heard in changes now, but not without the rest.
    for word in tried:
        assert word in TESTED_WORDS[language]
        assert any(word in sentence for sentence in said)


def test_a_background_that_none_has_is_refused():
    for state in (None, SINGLE, PAIR):
        for seed in range(30):
            speaker = Speaker(random.Random(seed), "en", "test")
            sentence, reply = requests.want_other_ground(speaker, state)
            assert reply.text == "sorry, backgrounds are grey, brown, pink or cyan"
            assert reply.meaning == "background unknown"
            assert not re.search(r"\b(grey|pink|cyan|brown) background", sentence)


def test_two_things_side_by_side_lie_as_they_are_told():
    told = 0
    for seed in range(2000):
        speaker = Speaker(random.Random(seed), "en", "test")
        sentence, reply = requests.draw_partly(speaker, None)
        found = re.search(
            r"(\w+) on the left(?: and|,) .*?(\w+) on the right", sentence
        )
        if found is None:
            continue
        told += 1
        state = reply.state
        kinds = state.kinds if state.relation == "left of" else state.kinds[::-1]
        for kind, word in zip(kinds, found.groups(), strict=True):
            assert word in words_of(kind[2])
    assert told >= 5


def words_of(shape):
    return {text.split(" ")[-1] for text in WORDS["en"][shape]}


def test_references_hold_of_one_of_two_alone():
    speaker = Speaker(random.Random(0), "en")
    first = {speaker.reference(PAIR, 0) for _ in range(300)}
    second = {speaker.reference(PAIR, 1) for _ in range(300)}
    assert not first & second
    assert "it" in first and "the upper one" in first and "the lower one" in second
    alike = SceneState("pink", (RING, ("small", "red", "star")), 2, relation="above")
    told = {speaker.reference(alike, 1) for _ in range(300)}
    assert not any(text in ("the red one", "the small one") for text in told)


@pytest.mark.parametrize(
    "ask, state, language, topic, answer",
    [
        (questions.ask_background, SINGLE, "en", None, "the background is grey"),
        (questions.ask_place, SINGLE, "en", None, "it is on the left"),
        (questions.ask_place, SINGLE, "zh", None, "它在左边"),
        (questions.ask_place, GROUP, "en", None, "they are next to each other"),
        (questions.describe, PAIR, "en", None, PAIR.describe("en")),
    ],
)
def test_questions_have_one_answer(ask, state, language, topic, answer):
    for seed in range(5):
        _, reply = ask(Speaker(random.Random(seed), language), state)
        assert (reply.kind, reply.text) == ("say", answer)


def test_answers_are_true():
    rng = random.Random(0)
    for _ in range(200):
        sentence, reply = questions.ask_count(Speaker(rng, "en", "test"), PAIR)
        named = re.search(
            r"\b(ring|hoop|star|circle|disc|square|box|triangle|cross|plus)(?!t)",
            sentence,
        )
        number = {"ring": 1, "hoop": 1, "star": 1}.get(named[1], 0) if named else 2
        assert reply.text.endswith(("none", "one", "two")[number])
        sentence, reply = questions.ask_attribute(Speaker(rng, "en"), GROUP)
        assert reply.text in ("they are large", "they are blue", "they are stars")
        sentence, reply = questions.ask_relation(Speaker(rng, "en"), PAIR)
        assert reply.text == "yes" or re.match(
            r"no, it is (above|below) the", reply.text
        )


def test_what_was_left_unsaid_is_as_stated():
    rng = random.Random(0)
    for _ in range(200):
        sentence, reply = requests.draw_partly(Speaker(rng, "en"), SINGLE)
        if "background" not in sentence and not re.search(r" on (?!the)", sentence):
            assert reply.state.background == SINGLE.background
    sentence, reply = requests.refer_to_absent(Speaker(rng, "en"), SINGLE)
    assert reply.kind == "no"


def test_the_sentences_out_of_scope_are_200_and_in_no_training(train_turns):
    held_out = outside.held_out_sentences()
    assert len(held_out) == len(set(held_out)) == 200
    assert sum(language_of(text) == "zh" for text in held_out) == 100
    said = {turn.sentence for turn in train_turns if turn.topic == "outside"}
    assert len(said) > 100 and not said & set(held_out)
    for sentences in outside.SENTENCES.values():
        everything = sentences.outside + sentences.outside_more
        assert not set(everything) & set(held_out)


def test_the_builder_makes_what_is_documented(tmp_path, monkeypatch):
    module = shapes_dialogue_dataset_builder
    few = {name: (6, words) for name, (_, words) in module.SPLITS.items()}
    monkeypatch.setattr(module, "SPLITS", few)
    builder = module.Builder(data_dir=tmp_path)
    builder.download_and_prepare()
    elements = list(tfds.as_numpy(builder.as_dataset(split="test")))
    assert len(elements) == 6
    for element in elements:
        turns = element["turns"]
        assert len(turns["sentence"]) == transcripts.TURNS
        after = [text.decode() for text in turns["after"]]
        assert all(text == "" or read_state(text) for text in after)
        kinds = [module.REPLIES[i] for i in turns["reply"]]
        assert kinds[0] == "draw"
    again = module.Builder(data_dir=tmp_path / "again")
    again.download_and_prepare()
    first = [e["turns"]["sentence"].tolist() for e in elements]
    second = tfds.as_numpy(again.as_dataset(split="test"))
    assert first == [e["turns"]["sentence"].tolist() for e in second]


def test_several_things_are_they_where_one_thing_is_it():
    state = SceneState("grey", (("small", "red", "star"),), 3)
    said = " ".join(
        clauses.write_clause(Speaker(random.Random(seed), "en"), state, 0, *what)
        for seed in range(400)
        for what in (("colour", "blue", "red"), ("background", "pink", "grey"))
    )
    assert re.search(r"what if they were|can they be|i wish they were", said)
    assert not re.search(r"\b(if|can|may|might|wish) them\b|\bthey (is|was)\b", said)
