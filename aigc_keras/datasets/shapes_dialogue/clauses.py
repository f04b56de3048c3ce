"""Puts into words that one attribute of a picture of shapes is to be otherwise."""

import re

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes_dialogue.speaker import article

# What is said in English of several things, for what is said of one.
PLURALS = (
    (r"it} is\b", "it} are"),
    (r"it} needs\b", "it} need"),
    (r"\bbelongs\b", "belong"),
    (r"\bits\b", "their"),
)
SUBJECT = re.compile(
    r"((i wish |what if )?{it} (should|must|needs?|ought|might|could|are|belong|were)"
    r"|(can|may|might) {it} be)\b"
)


def write_clause(speaker, state, index, attribute, value, old, new=None, it=None):
    """Return a sentence that asks for one attribute to be otherwise.

    Args:
        speaker: `Speaker`.
        state: `SceneState`.
        index: int. Which of `kinds`; None: all.
        attribute: str, one of `ATTRIBUTES`.
        value: str, what is asked for.
        old: str, what is there, or None.
        new: str, words for the value; default: one of its synonyms.
        it: str, words for the object; default: a reference to it.
    """
    rng, english = speaker.rng, speaker.language == "en"
    several = state.form == "group" or index is None
    texts = speaker.instructions.templates[attribute][speaker.split]
    texts = [t for t in texts if _fits(t, state, index, attribute, it is not None)]
    text = rng.choice(texts)
    text = speaker.vary(text, attribute)
    if several:
        for one, many in PLURALS:
            text = re.sub(one, many, text)
    subject = SUBJECT.match(text) is not None
    slots = {"it": it or speaker.reference(state, index, subject)}
    if attribute == "position":
        places = speaker.instructions.places[value]
        slots |= {name: rng.choice(of) for name, of in places.items()}
        return text.format(**slots)
    new = new or speaker.word(value)
    old_word = speaker.word(old)
    many = attribute == "shape" and several and english
    if many:
        new, old_word = words.plural(new), words.plural(old_word)
    slots |= {
        "new": new,
        "old": old_word,
        "a_new": new if many else article(new) + new,
        "an_old": old_word if many else article(old_word) + old_word,
    }
    if attribute == "size":
        sizes = speaker.instructions.sizes
        slots |= {name: rng.choice(of) for name, of in sizes[value].items()}
        slots["old"] = slots["old"] if english else sizes[old]["new"][0]
    return text.format(**slots)


def _fits(template, state, index, attribute, named):
    """Whether a template can be said of one or several things."""
    # "Draw a star" is a new picture, with or without one there.
    if attribute == "shape" and template.startswith(("draw", "请画", "画成")):
        return False
    if state.form == "single":
        return not named or "{it}" in template
    if attribute == "background":
        return True
    alone = state.form == "group" or index is None
    if alone and (" one" in template or "一个" in template):
        return False
    if alone and attribute == "colour" and "{an_old}" in template:
        return False
    if state.form == "group":
        return True
    # Of two, those that do not say which mean the first.
    if index != 0:
        return "{it}" in template
    return "{it}" in template or template.startswith(("no,", "不,"))
