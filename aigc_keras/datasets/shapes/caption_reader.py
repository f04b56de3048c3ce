"""Reads a `shapes` caption back into what it says, English or Chinese."""

import dataclasses
import functools
import re

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import scene as scene_lib

MIRRORED = {"right of": "left of", "below": "above"}


@dataclasses.dataclass(frozen=True)
class Statement:
    """What a caption says of a scene; two captions of one scene say the same.

    Args:
        background: str, one of `scene.BACKGROUNDS`.
        kinds: Tuple of one or two `(size, colour, shape)`.
        count: int. Number of objects, 1 to 3.
        position: str, one of `scene.POSITIONS`, or None unless there is one object.
        relation: `"left of"` or `"above"`, how the first kind lies to the second, or
            None unless there are two kinds. "B right of A" is said as "A left of B".
    """

    background: str
    kinds: tuple
    count: int
    position: str | None = None
    relation: str | None = None


def state_scene(scene):
    """Return what every caption of a scene says.

    Args:
        scene: `Scene` as `sample_scene` makes them.

    Returns:
        A `Statement`.
    """
    items = scene.objects
    if len(items) == 1:
        return Statement(scene.background, (items[0].kind,), 1, items[0].position)
    if len({item.kind for item in items}) == 1:
        return Statement(scene.background, (items[0].kind,), len(items))
    kinds = tuple(item.kind for item in items)
    return _pair(scene.background, kinds, scene.relation)


def read_caption(caption):
    """Read a caption back.

    The grammar is the one that `write_captions` writes by, nothing looser: a caption
    that leaves a word out, or says one twice, is not read.

    Args:
        caption: str.

    Returns:
        A `Statement`, or None where the text is not a caption of a scene.

    Example:
    >>> from aigc_keras.datasets.shapes.caption_reader import read_caption
    >>> read_caption("a tiny crimson disc near the top of a grey background").position
    'top'
    """
    match = match_caption(caption)
    return None if match is None else _statement(match.groupdict())


def match_caption(caption):
    """Return where a caption says what, a `re.Match` of its stripped text, or None.

    Its groups are `ground`, `place`, `relation`, `number`, and `size`, `colour` and
    `shape` with a 1 or a 2; a second name of one group has an underscore more.
    """
    for pattern in _patterns():
        match = pattern.fullmatch(caption.strip())
        if match:
            return match
    return None


def name_of(word):
    """Return what a word for a size, colour, shape or background stands for.

    Args:
        word: str, as `shapes` captions say it, or a shape's plural.

    Returns:
        str, a name in `shapes.scene`.

    Raises:
        KeyError: If no caption of `shapes` says the word.
    """
    return _canonical()[word]


def _statement(found):
    found = {name.rstrip("_"): text for name, text in found.items() if text}
    names = _canonical()

    def kind(number):
        parts = (f"size{number}", f"colour{number}", f"shape{number}")
        return tuple(names[found[part]] for part in parts)

    background = names[found["ground"]]
    if "relation" in found:
        kinds = (kind(1), kind(2))
        if kinds[0] == kinds[1]:
            return None
        return _pair(background, kinds, _relations()[found["relation"]])
    if "number" in found:
        count = _numbers()[found["number"]]
        # Three large objects would touch: no scene has them.
        if count == 3 and kind(1)[0] == "large":
            return None
        return Statement(background, (kind(1),), count)
    return Statement(background, (kind(1),), 1, _places()[found["place"]])


def _pair(background, kinds, relation):
    if relation in MIRRORED:
        kinds, relation = kinds[::-1], MIRRORED[relation]
    return Statement(background, kinds, 2, relation=relation)


def _inverted(*tables):
    return {
        text: name
        for table in tables
        for name, texts in table.items()
        for text in ((texts,) if isinstance(texts, str) else texts)
    }


@functools.cache
def _canonical():
    plurals = {
        words.plural(text): name
        for name in scene_lib.SHAPES
        for text in words.ENGLISH_WORDS[name]
    }
    return _inverted(words.ENGLISH_WORDS, words.CHINESE_WORDS) | plurals


@functools.cache
def _places():
    return _inverted(
        words.ENGLISH_PLACES, words.ENGLISH_SHORT_PLACES, words.CHINESE_PLACES
    )


@functools.cache
def _relations():
    return _inverted(words.ENGLISH_RELATIONS, words.CHINESE_RELATIONS)


@functools.cache
def _numbers():
    tables = (words.ENGLISH_NUMBERS, words.CHINESE_NUMBERS)
    return {text: number for table in tables for number, text in table.items()}


def _one_of(texts, name):
    texts = sorted(set(texts), key=lambda text: (-len(text), text))
    return f"(?P<{name}>{'|'.join(map(re.escape, texts))})"


def _any_word(table, names, group):
    return _one_of([text for name in names for text in table[name]], group)


def _any_text(table, group):
    return _one_of(_inverted(table), group)


@functools.cache
def _patterns():
    return tuple(re.compile(text) for text in (*_english(), *_chinese()))


def _english():
    def noun(number, group=False):
        table = words.ENGLISH_WORDS
        size = _any_word(table, scene_lib.SIZES, f"size{number}")
        colour = _any_word(table, scene_lib.COLOURS, f"colour{number}")
        if group:
            texts = [words.plural(t) for s in scene_lib.SHAPES for t in table[s]]
            count = _any_text(words.ENGLISH_NUMBERS, "number")
            return f"{count} {size} {colour} {_one_of(texts, f'shape{number}')}"
        shape = _any_word(table, scene_lib.SHAPES, f"shape{number}")
        return f"an? {size} {colour} {shape}"

    ground = _any_word(words.ENGLISH_WORDS, scene_lib.BACKGROUNDS, "ground")
    background = f"an? {ground} background"
    place = _any_text(words.ENGLISH_PLACES, "place")
    short = _any_text(words.ENGLISH_SHORT_PLACES, "place")
    relation = _any_text(words.ENGLISH_RELATIONS, "relation")
    yield f"(?:there is )?{noun(1)} {place} {background}"
    yield f"{background} with {noun(1)} {short}"
    yield f"{short}, {noun(1)} against {background}"
    yield f"a picture of {noun(1)} {short}, {ground} background"
    for phrase in (noun(1, group=True), f"{noun(1)} {relation} {noun(2)}"):
        yield f"{phrase} (?:on|against) {background}"
        yield f"{background} with {phrase}"
        yield f"a picture of {phrase}, {ground} background"


def _chinese():
    def noun(number):
        table = words.CHINESE_WORDS
        size = _any_word(table, scene_lib.SIZES, f"size{number}")
        colour = _any_word(table, scene_lib.COLOURS, f"colour{number}")
        shape = _any_word(table, scene_lib.SHAPES, f"shape{number}")
        # A group's name may stand only once in a pattern.
        turned = colour.replace(">", "_>", 1) + "的" + size.replace(">", "_>", 1)
        return f"(?:{size}{colour}|{turned}){shape}"

    ground = _any_word(words.CHINESE_WORDS, scene_lib.BACKGROUNDS, "ground")
    place = _any_text(words.CHINESE_PLACES, "place")
    relation = _any_text(words.CHINESE_RELATIONS, "relation")
    count = _any_text(words.CHINESE_NUMBERS, "number")
    yield f"{ground}背景{place}的一个{noun(1)}"
    yield f"一个{noun(1)}在{ground}背景的{place}"
    yield f"{ground}背景,{place}有一个{noun(1)}"
    yield f"图中{place}有一个{noun(1)},背景是{ground}的"
    for phrase in (
        f"{count}个{noun(1)}",
        f"一个{noun(1)}在一个{noun(2)}的{relation}",
        f"一个{noun(2)}{relation}的一个{noun(1)}",
    ):
        yield f"{ground}背景上有{phrase}"
        yield f"{ground}背景,{phrase}"
        yield f"{phrase},背景是{ground}的"
