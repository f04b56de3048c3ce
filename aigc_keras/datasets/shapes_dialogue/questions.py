"""What may be asked about a picture of shapes, and the right answers.

Each function takes a `Speaker` and a `SceneState` and returns a sentence and its
`Reply`. The answer to a question of a state is always in the same words.
"""

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import scene as scene_lib
from aigc_keras.datasets.shapes_dialogue import scene_state
from aigc_keras.datasets.shapes_dialogue.requests import Reply, name_thing
from aigc_keras.datasets.shapes_dialogue.speaker import (
    TESTED_WORDS,
    WORDS,
    plain_noun,
    plain_value,
)

PARTS = ("size", "colour", "shape")
# How often a word that is asked for is one that sentences to be tried say.
TESTED_SHARE = 0.6


def ask_attribute(speaker, state):
    """Ask for the size, colour or shape of a thing."""
    part = speaker.rng.choice(PARTS)
    index = _any_index(speaker, state)
    it = _subject(speaker, state, index)
    value = state.kinds[index][PARTS.index(part)]
    many = state.form == "group"
    reply = _it_is(speaker, state, value, f"{name_thing(state, index)}, {part}")
    return speaker.say(f"ask_{part}", many, it=it), reply


def ask_whether(speaker, state):
    """Ask whether a thing is so."""
    rng = speaker.rng
    index = _any_index(speaker, state)
    place = rng.choice((0, 1, 1, 2))
    true = state.kinds[index][place]
    names = (scene_lib.SIZES, scene_lib.COLOURS, scene_lib.SHAPES)[place]
    value = true if rng.random() < 0.5 else rng.choice(names)
    text = speaker.word(value)
    many = state.form == "group"
    if speaker.language == "en":
        if place == 2:
            text = words.plural(text) if many else "a " + text
    elif place < 2 and not text.endswith("的"):
        text += "的"
    it = _subject(speaker, state, index)
    sentence = speaker.say("ask_whether", many, it=it, value=text)
    meaning = f"{name_thing(state, index)}, {PARTS[place]} {true}, {value}"
    if value == true:
        return sentence, Reply("say", None, speaker.answer("yes"), meaning)
    wrong = _it_is(speaker, state, true).text
    return sentence, Reply("say", None, speaker.answer("no", wrong), meaning)


def ask_place(speaker, state):
    """Ask where a thing is."""
    index = _any_index(speaker, state)
    many = state.form == "group"
    sentence = speaker.say("ask_place", many, it=_subject(speaker, state, index))
    meaning = f"{name_thing(state, index)}, place"
    if many:
        return sentence, Reply("say", None, speaker.answer("together"), meaning)
    if state.form == "pair":
        text = _relation(speaker, state, index)
        return sentence, Reply("say", None, text, meaning)
    places = {
        "en": words.ENGLISH_SHORT_PLACES,
        "zh": {name: texts[0] for name, texts in words.CHINESE_PLACES.items()},
    }
    place = places[speaker.language][state.position]
    return sentence, Reply("say", None, speaker.answer("place", place), meaning)


def ask_relation(speaker, state):
    """Ask whether one of two things lies so to the other."""
    rng = speaker.rng
    index = _any_index(speaker, state)
    true = state.relation if index == 0 else scene_state.MIRRORED[state.relation]
    relation = true if rng.random() < 0.5 else rng.choice(scene_lib.RELATIONS)
    sentence = speaker.say(
        "ask_relation",
        it=_subject(speaker, state, index),
        other=speaker.reference(state, 1 - index, pronoun=False),
        relation=speaker.relation(relation),
    )
    meaning = f"{name_thing(state, index)}, relation {true}, {relation}"
    if relation == true:
        return sentence, Reply("say", None, speaker.answer("yes"), meaning)
    wrong = _relation(speaker, state, index)
    return sentence, Reply("say", None, speaker.answer("no", wrong), meaning)


def ask_background(speaker, state):
    """Ask for the background."""
    value = plain_value(state.background, speaker.language)
    text = speaker.answer("background", value)
    return speaker.say("ask_background"), Reply("say", None, text, "background")


def ask_count(speaker, state):
    """Ask how many things there are, of a shape or at all."""
    rng = speaker.rng
    if rng.random() < 0.5:
        return speaker.say("ask_count"), _count(speaker, state.count, "all")
    shapes = {kind[2] for kind in state.kinds}
    there = rng.random() < 0.7
    shape = rng.choice([s for s in scene_lib.SHAPES if (s in shapes) == there])
    text = speaker.word(shape)
    plural = words.plural(text) if speaker.language == "en" else text
    number = sum(kind[2] == shape for kind in state.kinds)
    number = state.count if number == len(state.kinds) else number
    there = " ".join(kind[2] for kind in state.kinds)
    reply = _count(speaker, number, f"{shape}, {state.count} {there}")
    return speaker.say("ask_count_of", plural=plural), reply


def describe(speaker, state):
    """Ask what the picture shows."""
    text = state.describe(speaker.language)
    return speaker.say("describe"), Reply("say", None, text, "all")


def ask_word(speaker, state):
    """Ask what a word means, in training alone.

    So that words which whole captions alone say are known by themselves too.
    """
    rng, phrases = speaker.rng, speaker.phrases
    name = rng.choice(
        (
            *scene_lib.SIZES,
            *scene_lib.COLOURS,
            *scene_lib.SHAPES,
            *scene_lib.BACKGROUNDS,
        )
    )
    plain, *others = WORDS[speaker.language][name]
    tested = [word for word in others if word in TESTED_WORDS[speaker.language]]
    others = [word for word in others if word != plain] + phrases.more_words[name]
    word = rng.choice(tested if tested and rng.random() < TESTED_SHARE else others)
    text = speaker.answer("word", word=word, plain=plain)
    return speaker.say("ask_word", word=word), Reply("say", None, text, name)


def _any_index(speaker, state):
    return speaker.rng.choice(range(len(state.kinds)))


def _subject(speaker, state, index):
    return speaker.reference(state, index, subject=True)


def _it_is(speaker, state, value, meaning=""):
    many = state.form == "group"
    text = plain_value(value, speaker.language, many)
    return Reply("say", None, speaker.answer("many" if many else "one", text), meaning)


def _relation(speaker, state, index):
    names = {"en": words.ENGLISH_RELATIONS, "zh": words.CHINESE_RELATIONS}
    true = state.relation if index == 0 else scene_state.MIRRORED[state.relation]
    return speaker.answer(
        "relation",
        relation=names[speaker.language][true][0],
        other=plain_noun(state.kinds[1 - index], speaker.language),
    )


def _count(speaker, number, counted):
    text = speaker.phrases.answers["count"][number]
    return Reply("say", None, text, f"number of {counted}")
