"""The scene graph of the `shapes` data set: what is drawn, before it is drawn."""

import dataclasses
import math

SIZES = ("small", "large")
COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "white", "black")
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
BACKGROUNDS = ("grey", "pink", "cyan", "brown")
POSITIONS = ("left", "right", "top", "bottom", "centre")
RELATIONS = ("left of", "right of", "above", "below")

# sRGB values, 0 to 255. Chosen far apart, so that a reader tells them without learning.
COLOUR_RGB = {
    "red": (212, 38, 40),
    "green": (44, 158, 62),
    "blue": (36, 76, 208),
    "yellow": (248, 218, 44),
    "purple": (128, 44, 168),
    "orange": (246, 132, 28),
    "white": (248, 248, 246),
    "black": (22, 22, 24),
}
BACKGROUND_RGB = {
    "grey": (150, 150, 152),
    "pink": (244, 182, 200),
    "cyan": (140, 220, 226),
    "brown": (134, 94, 62),
}

# Lengths are fractions of the picture's side; (0, 0) is the top left corner.
RADIUS = {"small": (0.12, 0.14), "large": (0.2, 0.225)}
POSITION_CENTRE = {
    "left": (0.27, 0.5),
    "right": (0.73, 0.5),
    "top": (0.5, 0.27),
    "bottom": (0.5, 0.73),
    "centre": (0.5, 0.5),
}
POSITION_JITTER = 0.02
ANGLE_JITTER = math.radians(10)
COLOUR_JITTER = 8

# One pair per colour never occurs in `train`, `validation` or `test`.
HELD_OUT_PAIRS = frozenset(
    {
        ("red", "star"),
        ("green", "cross"),
        ("blue", "ring"),
        ("yellow", "circle"),
        ("purple", "square"),
        ("orange", "triangle"),
        ("white", "star"),
        ("black", "cross"),
    }
)
SEEN_PAIRS = tuple(
    (colour, shape)
    for colour in COLOURS
    for shape in SHAPES
    if (colour, shape) not in HELD_OUT_PAIRS
)


@dataclasses.dataclass(frozen=True)
class SceneObject:
    """One drawn object. `x`, `y` and `radius` are fractions of the picture's side."""

    size: str
    colour: str
    shape: str
    x: float
    y: float
    radius: float
    angle: float = 0.0

    @property
    def position(self):
        """The one of `POSITIONS` whose centre is nearest."""
        return nearest_position(self.x, self.y)

    @property
    def kind(self):
        """What a caption says of the object alone: `(size, colour, shape)`."""
        return (self.size, self.colour, self.shape)


@dataclasses.dataclass(frozen=True)
class Scene:
    """A background and one to three objects, in the order they are drawn."""

    background: str
    objects: tuple

    @property
    def relation(self):
        """How the first object lies to the second, or None for a single object."""
        if len(self.objects) < 2:
            return None
        return relation_between(self.objects[0], self.objects[1])


def nearest_position(x, y):
    """Return the name in `POSITIONS` nearest to the point `(x, y)` in [0, 1]."""
    return min(
        POSITIONS,
        key=lambda name: math.dist((x, y), POSITION_CENTRE[name]),
    )


def relation_between(first, second):
    """Return the one of `RELATIONS` that holds along the longer axis."""
    dx, dy = second.x - first.x, second.y - first.y
    if abs(dx) >= abs(dy):
        return "left of" if dx > 0 else "right of"
    return "above" if dy > 0 else "below"


def sample_scene(rng, config="single", unseen=False):
    """Draw one scene at random.

    Args:
        rng: `random.Random`. The only source of chance.
        config: str. `"single"` (one object at a named position) or `"scenes"` (one to
            three objects: alone, two or three of a kind, or two in a relation).
        unseen: bool. Whether the first object takes one of the held-out
            (colour, shape) pairs; every other object never does.

    Returns:
        A `Scene`.

    Raises:
        ValueError: If `config` is unknown.
    """
    background = rng.choice(BACKGROUNDS)
    if config == "single":
        return Scene(background, (_sample_single(rng, unseen),))
    if config == "scenes":
        return Scene(background, _sample_several(rng, unseen))
    raise ValueError(
        f"`config` must be 'single' or 'scenes'. Received: config={config!r}"
    )


def sample_like(scene, rng):
    """Draw another scene of which the same is said.

    Background, objects and what is stated of their places stay; the exact places, sizes
    and angles are drawn anew.

    Args:
        scene: `Scene` as `sample_scene` makes them.
        rng: `random.Random`. The only source of chance.

    Returns:
        A `Scene`.
    """
    items = scene.objects
    if len(items) == 1:
        places = [POSITION_CENTRE[items[0].position]]
    elif len({item.kind for item in items}) == 1:
        places = _group_places(rng, len(items))
    else:
        places = None
    while True:
        made = tuple(
            _make_object(rng, *item.kind, *place)
            for item, place in zip(items, places or _pair_places(rng), strict=True)
        )
        like = Scene(scene.background, made)
        if places or like.relation == scene.relation:
            return like


def _sample_pair(rng, unseen):
    return rng.choice(sorted(HELD_OUT_PAIRS) if unseen else SEEN_PAIRS)


def _make_object(rng, size, colour, shape, x, y):
    return SceneObject(
        size=size,
        colour=colour,
        shape=shape,
        x=x + rng.uniform(-POSITION_JITTER, POSITION_JITTER),
        y=y + rng.uniform(-POSITION_JITTER, POSITION_JITTER),
        radius=rng.uniform(*RADIUS[size]),
        angle=rng.uniform(-ANGLE_JITTER, ANGLE_JITTER),
    )


def _sample_single(rng, unseen):
    colour, shape = _sample_pair(rng, unseen)
    centre = POSITION_CENTRE[rng.choice(POSITIONS)]
    return _make_object(rng, rng.choice(SIZES), colour, shape, *centre)


def _sample_several(rng, unseen):
    kind = rng.choice(("single", "group", "relation"))
    if kind == "single":
        return (_sample_single(rng, unseen),)
    colour, shape = _sample_pair(rng, unseen)
    size = rng.choice(SIZES)
    if kind == "group":
        number = rng.choice((2, 3))
        # Three large objects would touch, so threes are small.
        size = "small" if number == 3 else size
        places = _group_places(rng, number)
        return tuple(_make_object(rng, size, colour, shape, *at) for at in places)
    while True:
        other = (rng.choice(SIZES), *_sample_pair(rng, False))
        if other != (size, colour, shape):
            break
    first, second = _pair_places(rng)
    return (
        _make_object(rng, size, colour, shape, *first),
        _make_object(rng, *other, *second),
    )


def _pair_places(rng):
    """Two centres far enough apart for two large objects, along one axis."""
    near, far = 0.255, 0.745
    across = rng.uniform(0.38, 0.62)
    places = [(near, across), (far, across)]
    if rng.random() < 0.5:
        places = [(y, x) for x, y in places]
    rng.shuffle(places)
    return places


def _group_places(rng, number):
    if number == 2:
        return _pair_places(rng)
    step = 0.325
    diagonal = rng.choice((-0.16, 0.0, 0.16))
    places = [(0.5 + i * step, 0.5 + i * diagonal) for i in (-1, 0, 1)]
    return [(y, x) for x, y in places] if rng.random() < 0.5 else places
