"""More ways to say what is said in training."""

import random
import re

import pytest

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import scene as scene_lib
from aigc_keras.datasets.shapes.caption_reader import name_of
from aigc_keras.datasets.shapes_dialogue import (
    outside,
    requests,
    scene_state,
    variety,
)
from aigc_keras.datasets.shapes_dialogue.phrases import PHRASES
from aigc_keras.datasets.shapes_dialogue.speaker import TESTED_WORDS, WORDS, Speaker
from aigc_keras.datasets.shapes_dialogue.things import name_things

NAMES = [
    *scene_lib.SIZES,
    *scene_lib.COLOURS,
    *scene_lib.SHAPES,
    *scene_lib.BACKGROUNDS,
]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_more_words_are_those_of_no_other_name_and_none_that_is_tried(language):
    more = PHRASES[language].more_words
    assert sorted(more) == sorted(NAMES)
    said = [word for texts in more.values() for word in texts]
    known = {word for texts in WORDS[language].values() for word in texts}
    unknown = {c for split in PHRASES[language].colours.values() for c in split}
    assert len(said) == len(set(said)) and not set(said) & (known | unknown)
    # Chinese has no spaces: of the longer words that are tried, no part either.
    tried = [w for w in TESTED_WORDS[language] if language == "en" or len(w) > 1]
    for word in said:
        assert not any(re.search(rf"\b{other}\b", word) for other in tried), word
    for name in scene_lib.SHAPES:
        assert not any(words.plural(word).endswith("ss") for word in more[name])
    for name, texts in more.items():
        others = [w for n in NAMES if n != name for w in WORDS[language][n]]
        others = [w for w in others if language == "en" or len(w) > 1]
        for word in texts:
            # "Ocean-blue" is a blue, so "ice-blue" is no cyan.
            assert not any(re.search(rf"\b{w}\b", word) for w in others), word
            assert language == "en" or not any(w in word for w in others), word


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_varied_caption_says_the_same(language):
    rng = random.Random(0)
    write = {"en": words.write_english, "zh": words.write_chinese}[language]
    back = {
        form(word): form(words.ENGLISH_WORDS[name][0])
        if language == "en"
        else words.CHINESE_WORDS[name][0]
        for name, texts in PHRASES[language].more_words.items()
        for word in texts
        for form in (words.plural, lambda word: word)
    }
    known = {word: word for texts in WORDS[language].values() for word in texts}
    back |= known
    pattern = re.compile("|".join(sorted(map(re.escape, back), key=len)[::-1]))
    varied = 0
    for _ in range(300):
        state = requests.sample_state(rng)
        caption = write(state.to_scene(), rng)
        told = variety.vary_caption(caption, language, rng)
        varied += told != caption
        # With the plain words in their place it reads as it did.
        plain = pattern.sub(lambda found: back[found[0]], told)
        plain = re.sub(r"\ban? (?=\w)", "a ", plain)
        plain = re.sub(r"\ba (?=[aeiou])", "an ", plain)
        expected = scene_state.read_state(caption)
        assert scene_state.read_state(plain) == expected, (caption, told, plain)
    assert varied > 200


def test_an_article_suits_the_word_that_follows():
    rng = random.Random(1)
    for _ in range(300):
        told = variety.vary_caption(
            "a large white ring on the left of an aqua background", "en", rng
        )
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]", told), told


def test_another_verb_leaves_what_is_asked_for():
    rng = random.Random(0)
    text = "paint {it} {new}"
    english = [variety.vary_verb(text, "colour", "en", rng) for _ in range(400)]
    others = {text for text in english if not text.startswith("paint")}
    assert all(re.fullmatch(r"[a-z]+ {it} {new}", text) for text in english)
    assert 50 < sum(text in others for text in english) < 200 and len(others) > 40
    text = "把{it}变成{new}的"
    chinese = {variety.vary_verb(text, "colour", "zh", rng) for _ in range(400)}
    assert all(re.fullmatch(r"把{it}\w{1,2}{new}的", text) for text in chinese)
    assert len(chinese) > 40
    # Only the first word of an English sentence, and no slot's name; and no verb that
    # alone tells what is asked for.
    for topic, text in (
        ("colour", "{it} could be {new}"),
        ("size", "{verb} {it}"),
        ("position", "i want {it} {at}"),
        ("shape", "try {a_new}"),
        ("add", "add {noun}"),
        ("remove", "take {it} away"),
        ("count", "draw {number} of them"),
    ):
        assert {variety.vary_verb(text, topic, "en", rng) for _ in range(50)} == {text}


def test_another_verb_says_nothing_of_shapes():
    templates = [text for of in PHRASES["en"].turns.values() for text in of["test"]]
    tried = set(re.findall(r"[a-z]+", " ".join(templates)))
    for language in ("en", "zh"):
        said = " ".join(word for texts in WORDS[language].values() for word in texts)
        parts = set(re.findall(r"[a-z]+", said)) if language == "en" else set(said)
        others = set(variety._other_words(language))
        assert len(others) > 500 and not others & parts
    assert not set(variety._other_words("en")) & tried
    rng = random.Random(0)
    said = [
        variety.vary_verb(text, topic, "en", rng)
        for topic, text in (("position", "move {it} {to}"), ("shape", "draw {it} as"))
        for _ in range(400)
    ]
    # But a verb done again, where that is none that means something else or is tried.
    assert not any(text.startswith(("remove", "redraw")) for text in said)
    repaid = [
        variety.vary_verb("nudge {it} {way}", "size", "en", rng) for _ in range(99)
    ]
    assert "renudge {it} {way}" in repaid


def test_more_words_are_no_fillers_and_no_things_to_be_refused():
    for language in ("en", "zh"):
        speaker = Speaker(random.Random(0), language)
        said = {w for texts in PHRASES[language].more_words.values() for w in texts}
        assert not said & set(speaker.instructions.fillers)
    assert Speaker(random.Random(0), "en").may_mean_a_shape("lemon")
    # A tested word is a thing's whole name, or none: "red apple" means no shape.
    assert Speaker(random.Random(0), "en").may_mean_a_shape("rose")
    assert not Speaker(random.Random(0), "en").may_mean_a_shape("red apple")
    outside_ = {
        outside.ask_outside(Speaker(random.Random(seed), "en"), None)[0]
        for seed in range(3000)
    }
    assert not any(re.search(r"\b(lemon|carrot)\b", text) for text in outside_)


def test_only_training_has_other_words_and_verbs():
    more = {w for texts in PHRASES["en"].more_words.values() for w in texts}
    state = scene_state.SceneState("grey", (("small", "red", "ring"),), 1, "left")
    said = {}
    for split in ("train", "test"):
        speaker = Speaker(random.Random(0), "en", split)
        told = [requests.change(speaker, state)[0] for _ in range(300)]
        told += [requests.draw_whole(speaker, state)[0] for _ in range(100)]
        said[split] = set(re.findall(r"[\w-]+", " ".join(told)))
    assert len(more & said["train"]) > 20 and not more & said["test"]
    verbs = set(variety._other_words("en"))
    assert len(verbs & said["train"]) > 10


def test_names_of_things_are_of_no_shape():
    things = name_things()
    assert len(things["en"]) > 1000 and len(things["zh"]) > 1000
    assert not any("star" in name for name in things["en"])
    assert not any("星" in name for name in things["zh"])


def test_a_word_of_a_caption_has_a_name():
    assert (name_of("scarlet"), name_of("boxes")) == ("red", "square")
    assert name_of("加号") == "cross"
    with pytest.raises(KeyError):
        name_of("ruby")
