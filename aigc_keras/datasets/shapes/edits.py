"""Edits of a scene, and the sentences that ask for them."""

import dataclasses
import re

from aigc_keras.datasets.sentences import read_sentences
from aigc_keras.datasets.shapes import caption_reader
from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import scene as scene_lib

ATTRIBUTES = ("colour", "shape", "size", "position", "background")
VALUES = {
    "colour": scene_lib.COLOURS,
    "shape": scene_lib.SHAPES,
    "size": scene_lib.SIZES,
    "position": scene_lib.POSITIONS,
    "background": scene_lib.BACKGROUNDS,
}
PHRASES = read_sentences(__file__, "instructions")
WORDS = {"en": words.ENGLISH_WORDS, "zh": words.CHINESE_WORDS}
# What an instruction may be beside an edit of one attribute, and how often it is.
OTHER_KINDS = {"several": 0.15, "caption": 0.15, "nothing": 0.1}
WRAPPED_SHARE = 0.25
# How often a sentence is in the language of its caption.
SAME_LANGUAGE_SHARE = 0.7
_ARTICLE = re.compile(r"\ban? (?=([a-z]))")


@dataclasses.dataclass(frozen=True)
class Instruction:
    """A sentence about a picture, and what the picture should then show.

    Args:
        caption: str. What the picture shows.
        sentence: str. What is said.
        new_caption: str. What it should show: `caption` itself where the sentence asks
            for no edit.
        kind: str. One of `ATTRIBUTES`, or `"several"` of them, `"caption"` (the
            sentence is the new caption), or `"nothing"`.
    """

    caption: str
    sentence: str
    new_caption: str
    kind: str


def read_attribute(scene, attribute):
    """Return what one of `ATTRIBUTES` of a scene of one object is."""
    if attribute == "background":
        return scene.background
    return getattr(_only_object(scene), attribute)


def change_scene(scene, attribute, value, rng):
    """Return a scene of one object with one attribute changed.

    Where it lies within its place, its angle and the colours' jitter stay.

    Args:
        scene: `Scene` of one object.
        attribute: str, one of `ATTRIBUTES`.
        value: str, one of its `VALUES`.
        rng: `random.Random` that draws the radius of a new size.

    Raises:
        ValueError: If the scene has several objects, or the value is unknown.
    """
    item = _only_object(scene)
    if value not in VALUES.get(attribute, ()):
        raise ValueError(
            f"`value` must be one of the `VALUES` of one of {ATTRIBUTES}. "
            f"Received: attribute={attribute!r}, value={value!r}"
        )
    if attribute == "background":
        return dataclasses.replace(scene, background=value)
    changes = {attribute: value}
    if attribute == "size":
        changes["radius"] = rng.uniform(*scene_lib.RADIUS[value])
    if attribute == "position":
        old = scene_lib.POSITION_CENTRE[item.position]
        new = scene_lib.POSITION_CENTRE[value]
        changes = {"x": item.x - old[0] + new[0], "y": item.y - old[1] + new[1]}
    return dataclasses.replace(scene, objects=(dataclasses.replace(item, **changes),))


def sample_change(scene, attribute, rng, unseen=True):
    """Draw another value for an attribute of a scene of one object.

    Args:
        scene: `Scene` of one object.
        attribute: str, one of `ATTRIBUTES`.
        rng: `random.Random`. The only source of chance.
        unseen: bool. Whether the object may become one of the held-out
            (colour, shape) pairs.

    Returns:
        str, one of `VALUES[attribute]`, not the one that is there.
    """
    item = _only_object(scene)
    values = [v for v in VALUES[attribute] if v != read_attribute(scene, attribute)]
    if not unseen:
        pairs = {
            "colour": lambda value: (value, item.shape),
            "shape": lambda value: (item.colour, value),
        }
        pair = pairs.get(attribute, lambda value: None)
        values = [v for v in values if pair(v) not in scene_lib.HELD_OUT_PAIRS]
    return rng.choice(values)


def change_caption(caption, changes):
    """Return a caption that says something else, in the words of a given one.

    Args:
        caption: str that `read_caption` reads, of one object.
        changes: Dict from some of `ATTRIBUTES` to new values.

    Returns:
        str.

    Raises:
        ValueError: If the caption cannot be read, or is one of several objects.

    Example:
    >>> from aigc_keras.datasets.shapes.edits import change_caption
    >>> change_caption("a tiny red hoop at the top of a rose background",
    ...                {"background": "cyan", "position": "left"})
    'a tiny red hoop on the left of a cyan background'
    """
    match = caption_reader.match_caption(caption)
    statement = caption_reader.read_caption(caption)
    if statement is None or statement.position is None:
        raise ValueError(
            "`caption` must be one of a single object, as `write_captions` writes it. "
            f"Received: {caption!r}"
        )
    groups = {
        name.rstrip("_"): name for name, text in match.groupdict().items() if text
    }
    language = "en" if caption.isascii() else "zh"
    spans = []
    for attribute, value in changes.items():
        name = {"background": "ground", "position": "place"}.get(attribute)
        name = groups[name or f"{attribute}1"]
        new = _place_like(match[name], value, language)
        new = new if attribute == "position" else WORDS[language][value][0]
        spans.append((match.span(name), new))
    text = caption.strip()
    for (start, end), new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return _ARTICLE.sub(lambda found: _article(found[1]), text)


def write_instruction(scene, changes, language, rng, split="train"):
    """Write a sentence that asks for one or several changes.

    Args:
        scene: `Scene` of one object, as it is.
        changes: Dict from some of `ATTRIBUTES` to new values.
        language: str, `"en"` or `"zh"`.
        rng: `random.Random` that chooses templates and words.
        split: str. `"train"` or `"test"`: whose templates.

    Returns:
        str.
    """
    changes = dict(changes)
    clauses = []
    if "shape" in changes and rng.random() < 0.7:
        # "Make it a large blue star": adjectives before the new shape.
        names = [n for n in ("size", "colour") if n in changes]
        before = [rng.choice(WORDS[language][changes.pop(name)]) for name in names]
        shape = rng.choice(WORDS[language][changes["shape"]])
        new = (" " if language == "en" else "").join([*before, shape])
        clauses.append(
            _clause(scene, "shape", changes.pop("shape"), language, rng, split, new)
        )
    for attribute, value in changes.items():
        clauses.append(_clause(scene, attribute, value, language, rng, split))
    rng.shuffle(clauses)
    joined = {"en": (" and ", ", "), "zh": (",", ",然后", ",")}[language]
    sentence = rng.choice(joined).join(clauses)
    if rng.random() < WRAPPED_SHARE:
        wrapping = rng.choice(PHRASES[language].wrappings[split])
        sentence = wrapping.format(sentence)
    return sentence


def sample_instruction(rng, split="train", kind=None):
    """Draw a scene, what is said about it, and what it should then be.

    Args:
        rng: `random.Random`. The only source of chance.
        split: str. `"train"` or `"test"`: whose templates.
        kind: str. See `Instruction`; None draws one.

    Returns:
        An `Instruction`. Its captions are in one language, the sentence may be in
        another.
    """
    if kind is None:
        others = tuple(OTHER_KINDS.values())
        shares = (*[(1 - sum(others)) / len(ATTRIBUTES)] * len(ATTRIBUTES), *others)
        kind = rng.choices((*ATTRIBUTES, *OTHER_KINDS), shares)[0]
    scene = scene_lib.sample_scene(rng, unseen=rng.random() < 0.15)
    language = rng.choice(words.LANGUAGES)
    spoken = language
    if rng.random() > SAME_LANGUAGE_SHARE:
        spoken = "zh" if language == "en" else "en"
    write = {"en": words.write_english, "zh": words.write_chinese}
    caption = write[language](scene, rng)
    if kind == "nothing":
        return Instruction(caption, _other(scene, spoken, rng, split), caption, kind)
    if kind == "caption":
        new = write[spoken](
            scene_lib.sample_scene(rng, unseen=rng.random() < 0.15), rng
        )
        return Instruction(caption, new, new, kind)
    number = 2 if kind == "several" and rng.random() < 0.8 else 3
    names = rng.sample(ATTRIBUTES, number) if kind == "several" else [kind]
    changes = {name: sample_change(scene, name, rng) for name in names}
    sentence = write_instruction(scene, changes, spoken, rng, split)
    return Instruction(caption, sentence, change_caption(caption, changes), kind)


def _only_object(scene):
    if len(scene.objects) != 1:
        raise ValueError(
            f"The scene must have one object. Received: {len(scene.objects)} objects"
        )
    return scene.objects[0]


def _place_like(text, value, language):
    """Return the words for a place that stand in a sentence as the given ones do."""
    if language == "zh":
        return words.CHINESE_PLACES.get(value, (None,))[0]
    short = words.ENGLISH_SHORT_PLACES
    if text in short.values():
        return short.get(value)
    return words.ENGLISH_PLACES.get(value, (None,))[0]


def _clause(scene, attribute, value, language, rng, split, new=None):
    phrases, table = PHRASES[language], WORDS[language]
    old = read_attribute(scene, attribute)
    item = scene.objects[0]
    said = {name: rng.choice(table[getattr(item, name)]) for name in ("size", "colour")}
    said["shape"] = rng.choice(table[item.shape])
    slots = {"it": rng.choice(phrases.references).format(**said)}
    if attribute == "position":
        slots |= {
            name: rng.choice(texts) for name, texts in phrases.places[value].items()
        }
    else:
        slots["new"] = new or rng.choice(table[value])
        slots["old"] = rng.choice(table[old])
        slots["a_new"] = _article(slots["new"]) + slots["new"]
        slots["an_old"] = _article(slots["old"]) + slots["old"]
    if attribute == "size":
        slots |= {
            name: rng.choice(texts) for name, texts in phrases.sizes[value].items()
        }
        if language == "zh":
            slots["old"] = phrases.sizes[old]["new"][0]
    return rng.choice(phrases.templates[attribute][split]).format(**slots)


def _article(word):
    return "an " if word[0] in "aeiou" else "a "


def _other(scene, language, rng, split):
    """Return a sentence that asks for no edit."""
    phrases, table = PHRASES[language], WORDS[language]
    if rng.random() < 0.1:
        letters = (
            "abcdefghijklmnopqrstuvwxyz" if language == "en" else "的一是不了人我在有他"
        )
        return "".join(rng.choices(letters + " ", k=rng.randint(1, 12))).strip() or "?"
    slots = {
        "shape": rng.choice(table[scene.objects[0].shape]),
        "colour": rng.choice(table[rng.choice(scene_lib.COLOURS)]),
        "background": rng.choice(table[rng.choice(scene_lib.BACKGROUNDS)]),
        "thing": rng.choice(phrases.things[split]),
    }
    return rng.choice(phrases.others[split]).format(**slots)
