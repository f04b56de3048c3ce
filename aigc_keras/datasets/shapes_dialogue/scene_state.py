"""What is on the table in a dialogue about `shapes`, and how it may change."""

import dataclasses
import functools

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import scene as scene_lib
from aigc_keras.datasets.shapes.caption_reader import Statement, match_caption
from aigc_keras.datasets.shapes.caption_reader import read_caption as read_statement

MIRRORED = {
    "left of": "right of",
    "right of": "left of",
    "above": "below",
    "below": "above",
}
# What a new picture has of which nothing was said.
DEFAULTS = {
    "size": "large",
    "colour": "red",
    "position": "centre",
    "background": "grey",
    "added": "right of",
}


class Refused(ValueError):
    """A change that no `shapes` picture can show.

    Args:
        reason: str. A name in the `REFUSALS` of the languages' phrases.
    """

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class SceneState:
    """What a caption says, in its order: the first object is what "it" means.

    Args:
        background: str, one of `scene.BACKGROUNDS`.
        kinds: Tuple of one or two `(size, colour, shape)`.
        count: int. Number of objects, 1 to 3.
        position: str, one of `scene.POSITIONS`, of a single object; else None.
        relation: str, one of `scene.RELATIONS`, how the first of two different objects
            lies to the second; else None.
    """

    background: str
    kinds: tuple
    count: int = 1
    position: str | None = None
    relation: str | None = None

    @property
    def form(self):
        """`"single"`, `"group"` (of one kind) or `"pair"` (of two kinds)."""
        if len(self.kinds) == 2:
            return "pair"
        return "single" if self.count == 1 else "group"

    @property
    def statement(self):
        """The `Statement` that captions of this state make, whatever their order."""
        kinds, relation = self.kinds, self.relation
        if relation in ("right of", "below"):
            kinds, relation = kinds[::-1], MIRRORED[relation]
        return Statement(self.background, kinds, self.count, self.position, relation)

    def describe(self, language):
        """Return the caption in plain words, always the same for a state.

        Args:
            language: str, `"en"` or `"zh"`.
        """
        return {"en": _describe_english, "zh": _describe_chinese}[language](self)

    def to_scene(self):
        """Return a `Scene` of which this state is true, without jitter."""
        if self.form == "single":
            places = [scene_lib.POSITION_CENTRE[self.position]]
        elif self.form == "group":
            step = 0.49 if self.count == 2 else 0.325
            middle = (self.count - 1) / 2
            places = [(0.5 + (i - middle) * step, 0.5) for i in range(self.count)]
        else:
            places = [(0.255, 0.5), (0.745, 0.5)]
            if self.relation in ("above", "below"):
                places = [(y, x) for x, y in places]
            if self.relation in ("right of", "below"):
                places = places[::-1]
        kinds = self.kinds if self.form == "pair" else self.kinds * self.count
        items = tuple(
            scene_lib.SceneObject(*kind, *place, sum(scene_lib.RADIUS[kind[0]]) / 2)
            for kind, place in zip(kinds, places, strict=True)
        )
        return scene_lib.Scene(self.background, items)


def state_of_scene(scene):
    """Return the state of which a `Scene` is a picture, its objects in their order."""
    items = scene.objects
    kinds = tuple(dict.fromkeys(item.kind for item in items))
    return SceneState(
        scene.background,
        kinds,
        len(items),
        items[0].position if len(items) == 1 else None,
        scene.relation if len(kinds) == 2 else None,
    )


def read_state(caption):
    """Read a caption back, its objects in the order they are named.

    Args:
        caption: str.

    Returns:
        A `SceneState`, or None where the text is not a caption of a scene.

    Example:
    >>> from aigc_keras.datasets.shapes_dialogue.scene_state import read_state
    >>> state = read_state("a small red star above a large blue ring, on ice")
    >>> state is None
    True
    >>> read_state("a small red star in the centre of a grey background").form
    'single'
    """
    found = read_statement(caption)
    if found is None:
        return None
    state = SceneState(**dataclasses.asdict(found))
    if state.form != "pair":
        return state
    # A Chinese caption may name that object first by which the other's place is said.
    match = match_caption(caption)
    said = {name.rstrip("_"): name for name, text in match.groupdict().items() if text}
    first = min((1, 2), key=lambda number: match.start(said[f"shape{number}"]))
    named = tuple(
        _names()[match[said[f"{part}{first}"]]] for part in ("size", "colour", "shape")
    )
    return state if state.kinds[0] == named else turned(state)


@functools.cache
def _names():
    """Return a dict from each word to what it names."""
    return {
        text: name
        for table in (words.ENGLISH_WORDS, words.CHINESE_WORDS)
        for name, texts in table.items()
        for text in texts
    }


def turned(state):
    """Return the same pair with its second object first."""
    return dataclasses.replace(
        state, kinds=state.kinds[::-1], relation=MIRRORED[state.relation]
    )


def change_kind(state, index, attribute, value):
    """Return a state with another size, colour or shape of one object.

    The object that was changed comes first. Two that have become alike are a group.

    Args:
        state: `SceneState`.
        index: int. Which of `kinds`; None: all of them.
        attribute: str, `"size"`, `"colour"` or `"shape"`.
        value: str.

    Raises:
        Refused: If three objects would be large.
    """
    place = ("size", "colour", "shape").index(attribute)
    if state.count == 3 and value == "large":
        raise Refused("three_large")
    kinds = tuple(
        (*kind[:place], value, *kind[place + 1 :]) if index in (None, number) else kind
        for number, kind in enumerate(state.kinds)
    )
    state = dataclasses.replace(state, kinds=kinds)
    if len(set(kinds)) < len(kinds):
        return SceneState(state.background, kinds[:1], 2)
    return turned(state) if index == 1 else state


def add_object(state, kind, relation):
    """Return a state with one more object, which comes first.

    Args:
        state: `SceneState`.
        kind: Tuple `(size, colour, shape)`.
        relation: str, one of `scene.RELATIONS`: how the new one lies to the old one.

    Raises:
        Refused: If there would be too many, or they would differ too much.
    """
    if state.form == "pair" or state.count == 3:
        raise Refused("too_many")
    if state.kinds[0] == kind:
        return set_count(state, state.count + 1)
    if state.form == "group":
        raise Refused("too_many")
    return SceneState(state.background, (kind, state.kinds[0]), 2, None, relation)


def set_count(state, count):
    """Return a state with so many of its one kind.

    Three are always small. A single one that is left lies in the centre.

    Raises:
        Refused: If the objects are of two kinds, or none or more than three would be.
    """
    if state.form == "pair" or count > 3:
        raise Refused("too_many")
    if count < 1:
        raise Refused("nothing_left")
    (kind,) = state.kinds
    if count == 3:
        kind = ("small", *kind[1:])
    position = state.position or DEFAULTS["position"]
    return SceneState(
        state.background, (kind,), count, position if count == 1 else None
    )


def remove_object(state, index):
    """Return a state without one object.

    Args:
        state: `SceneState`.
        index: int. Which of `kinds`; of a group one is taken away.

    Raises:
        Refused: If nothing would be left.
    """
    if state.form != "pair":
        return set_count(state, state.count - 1)
    kept = state.kinds[1 - index]
    return SceneState(state.background, (kept,), 1, DEFAULTS["position"])


def move_object(state, position):
    """Return a state of a single object at another place.

    Raises:
        Refused: If there are several.
    """
    if state.form != "single":
        raise Refused("no_place")
    return dataclasses.replace(state, position=position)


def relate_object(state, index, relation):
    """Return a pair of which one object, then first, lies otherwise to the other."""
    state = turned(state) if index == 1 else state
    return dataclasses.replace(state, relation=relation)


def _describe_english(state):
    def noun(kind, number=1):
        size, colour, shape = (words.ENGLISH_WORDS[word][0] for word in kind)
        if number == 1:
            return ("an " if size[0] in "aeiou" else "a ") + f"{size} {colour} {shape}"
        number = words.ENGLISH_NUMBERS[number]
        return f"{number} {size} {colour} {words.plural(shape)}"

    ground = f"a {words.ENGLISH_WORDS[state.background][0]} background"
    if state.form == "single":
        place = words.ENGLISH_PLACES[state.position][0]
        return f"{noun(state.kinds[0])} {place} {ground}"
    if state.form == "group":
        return f"{noun(state.kinds[0], state.count)} on {ground}"
    relation = words.ENGLISH_RELATIONS[state.relation][0]
    return f"{noun(state.kinds[0])} {relation} {noun(state.kinds[1])} on {ground}"


def _describe_chinese(state):
    def noun(kind):
        size, colour, shape = (words.CHINESE_WORDS[word][0] for word in kind)
        return f"{colour}的{size}{shape}"

    ground = words.CHINESE_WORDS[state.background][0] + "背景"
    first = noun(state.kinds[0])
    if state.form == "single":
        place = words.CHINESE_PLACES[state.position][0]
        return f"一个{first}在{ground}的{place}"
    if state.form == "group":
        return f"{ground}上有{words.CHINESE_NUMBERS[state.count]}个{first}"
    relation = words.CHINESE_RELATIONS[state.relation][0]
    second = noun(state.kinds[1])
    return f"{ground}上有一个{first}在一个{second}的{relation}"
