"""Says what is said in training in more ways than there are templates.

A reader that knows each word from many places, and has heard many verbs that it does
not know, hears what matters in a sentence of words that it has never heard.
"""

import functools
import re

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import edits
from aigc_keras.datasets.shapes.caption_reader import match_caption, name_of
from aigc_keras.datasets.shapes_dialogue.phrases import PHRASES
from aigc_keras.datasets.shapes_dialogue.things import name_things

# How often a word of a caption is one of `more_words`.
MORE_WORDS_SHARE = 0.35
# How often a verb is another one.
OTHER_VERB_SHARE = 0.25
# Templates of which the rest tells what is asked for, whatever the verb: by a value, by
# how one thing lies to another, by "more". But "VERB a star" may ask for a new picture,
# for one star more, or for another shape.
_TELLING = {
    "colour": re.compile(""),
    "size": re.compile(""),
    "position": re.compile(""),
    "background": re.compile(""),
    "shape": re.compile("{it}|old}|shape|形状"),
    "add": re.compile("{relation}"),
    "relate": re.compile("{relation}"),
    "one_more": re.compile("再|还|多|more|another"),
}
_ARTICLE = re.compile(r"\ban? (?=([a-z]))")
_NAMED = re.compile(r"(ground|size|colour|shape)[12]?_?")


def vary_caption(caption, language, rng):
    """Return a caption, some of its words others that mean the same.

    Args:
        caption: str that `match_caption` matches.
        language: str, `"en"` or `"zh"`, its language.
        rng: `random.Random`. The only source of chance.
    """
    more = PHRASES[language].more_words
    match = match_caption(caption)
    spans = []
    for group, text in match.groupdict().items():
        if not text or not _NAMED.fullmatch(group):
            continue
        name = name_of(text)
        if rng.random() < MORE_WORDS_SHARE:
            new = rng.choice(more[name])
            several = language == "en" and group.startswith("shape")
            if several and text not in words.ENGLISH_WORDS[name]:
                new = words.plural(new)
            spans.append((match.span(group), new))
    text = caption.strip()
    for (start, end), new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return _ARTICLE.sub(lambda found: _article(found[1]), text)


def vary_verb(template, topic, language, rng):
    """Return a template, now and then with any other word for its verb.

    Args:
        template: str. In English it says what to do by its first word.
        topic: str. What it asks for; of most topics the verb tells that, and stays.
        language: str, `"en"` or `"zh"`.
        rng: `random.Random`. The only source of chance.
    """
    telling = _TELLING.get(topic)
    if telling is None or not telling.search(template):
        return template
    if rng.random() >= OTHER_VERB_SHARE:
        return template
    return _verbs(language).sub(
        lambda found: _other_verb(found[0], language, rng), template, count=1
    )


def _other_verb(verb, language, rng):
    if language == "zh":
        return "".join(rng.choices(_other_words("zh"), k=rng.choice((1, 2, 2))))
    again = "re" + verb
    if rng.random() < 0.2 and again not in _said_words():
        return again
    return rng.choice(_other_words("en"))


@functools.cache
def _verbs(language):
    verbs = sorted(PHRASES[language].verbs, key=lambda verb: (-len(verb), verb))
    start, end = ("^", r"\b") if language == "en" else ("", "")
    # What stands in a slot's braces is no verb.
    return re.compile(f"{start}(?:{'|'.join(verbs)}){end}(?![^{{]*}})")


@functools.cache
def _other_words(language):
    """Return words, or Chinese letters, of which no sentence about shapes is made."""
    names = name_things()[language]
    if language == "zh":
        letters = {letter for name in names for letter in name if letter >= "一"}
        return sorted(letters - set(_said("zh")) - set("（）：，"))
    found = {word for name in names for word in re.findall(r"\b[a-z]{3,9}\b", name)}
    return sorted(found - _said_words())


@functools.cache
def _said_words():
    return set(re.findall(r"[a-z]+", _said("en")))


@functools.cache
def _said(language):
    """Return all that anybody says of shapes, in training or to be tried."""
    tables = [vars(PHRASES[language]), vars(edits.PHRASES[language])]
    if language == "en":
        tables += [words.ENGLISH_WORDS, words.ENGLISH_PLACES, words.ENGLISH_RELATIONS]
        tables.append(["seven eight nine eleven twelve eighteen thirty hundred"])
    else:
        tables += [words.CHINESE_WORDS, words.CHINESE_PLACES, words.CHINESE_RELATIONS]
        tables.append(["七八九千万双半"])
    return " ".join(_texts(*tables))


def _texts(*tables):
    for table in tables:
        for value in table.values() if isinstance(table, dict) else table:
            if isinstance(value, str):
                yield value
            elif isinstance(value, dict | list | tuple):
                yield from _texts(value)


def _article(letter):
    return "an " if letter in "aeiou" else "a "
