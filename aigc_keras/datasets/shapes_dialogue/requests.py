"""What may be asked of a picture of shapes, and what then has to happen.

Each function takes a `Speaker` and a `SceneState` and returns a sentence and its
`Reply`.
"""

import dataclasses
import re

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes import scene as scene_lib
from aigc_keras.datasets.shapes.edits import ATTRIBUTES, VALUES
from aigc_keras.datasets.shapes_dialogue import scene_state
from aigc_keras.datasets.shapes_dialogue.clauses import write_clause
from aigc_keras.datasets.shapes_dialogue.scene_state import (
    DEFAULTS,
    Refused,
    SceneState,
)
from aigc_keras.datasets.shapes_dialogue.variety import vary_caption

# Where one of two things goes that is moved there.
TOWARDS = dict(
    zip(("left", "right", "top", "bottom"), scene_lib.RELATIONS, strict=True)
)


@dataclasses.dataclass(frozen=True)
class Reply:
    """What has to happen after a sentence.

    Args:
        kind: str. `"draw"` (a new picture, of `state`), `"say"` (an answer, `text`),
            `"no"` (a refusal, `text`), or one of `"undo"`, `"redo"`, `"more"` (pictures
            of the same caption) and `"save"`.
        state: `SceneState`, or None.
        text: str.
        meaning: str. What the sentence means, in the names of `shapes.scene` whatever
            its language: of which thing, and what of it. Empty where the reply says it.
    """

    kind: str
    state: SceneState | None = None
    text: str = ""
    meaning: str = ""


def refuse(speaker, reason, meaning=""):
    """Return the `Reply` that says why something cannot be done."""
    return Reply("no", text=speaker.phrases.refusals[reason], meaning=meaning)


def name_thing(state, index):
    """Return what one thing in a picture is called in a `meaning`.

    Args:
        state: `SceneState`.
        index: int. Which of `kinds`; None: all.
    """
    if index is None or state.form == "group":
        return "all"
    return " ".join((("first", "second")[index], *state.kinds[index]))


def sample_kind(rng):
    """Draw `(size, colour, shape)`, each kind equally likely."""
    return tuple(
        rng.choice(names)
        for names in (scene_lib.SIZES, scene_lib.COLOURS, scene_lib.SHAPES)
    )


def sample_state(rng, shares=(2, 1, 1)):
    """Draw a state: a single object half the time, else a group or a pair.

    Args:
        rng: `random.Random`. The only source of chance.
        shares: Tuple of three numbers, how often it is each of the three.
    """
    background = rng.choice(scene_lib.BACKGROUNDS)
    form = rng.choices(("single", "group", "pair"), shares)[0]
    kind = sample_kind(rng)
    if form == "single":
        return SceneState(background, (kind,), 1, rng.choice(scene_lib.POSITIONS))
    if form == "group":
        count = rng.choice((2, 3))
        kind = ("small", *kind[1:]) if count == 3 else kind
        return SceneState(background, (kind,), count)
    other = sample_kind(rng)
    while other == kind:
        other = sample_kind(rng)
    relation = rng.choice(scene_lib.RELATIONS)
    return SceneState(background, (kind, other), 2, relation=relation)


def draw_whole(speaker, state):
    """Ask for a picture by its whole caption."""
    rng, new = speaker.rng, sample_state(speaker.rng)
    write = {"en": words.write_english, "zh": words.write_chinese}[speaker.language]
    caption = write(new.to_scene(), rng)
    read = scene_state.read_state(caption)
    if speaker.split == "train" and rng.random() < 0.5:
        caption = vary_caption(caption, speaker.language, rng)
    noun = caption.startswith(("a ", "an ", "two ", "three ", "一个", "两个", "三个"))
    if noun and rng.random() < 0.5:
        caption = speaker.say("draw", scene=caption)
    return caption, Reply("draw", read)


def draw_partly(speaker, state):
    """Ask for a new picture of which not all is said; the background may stay."""
    rng = speaker.rng
    while True:
        new = sample_state(rng)
        said = [_leave_out(rng, kind) for kind in new.kinds]
        kinds = tuple(
            (
                size or ("small" if new.count == 3 else DEFAULTS["size"]),
                colour or DEFAULTS["colour"],
                shape,
            )
            for size, colour, shape in said
        )
        if len(set(kinds)) == len(kinds):
            break
    position = new.position if rng.random() < 0.4 else None
    background = new.background if rng.random() < 0.35 else None
    kept = state.background if state else DEFAULTS["background"]
    new = dataclasses.replace(
        new,
        kinds=kinds,
        background=background or kept,
        position=(position or DEFAULTS["position"]) if new.count == 1 else None,
    )
    ground = background and speaker.word(background)
    scene = speaker.scene(new, said, position, ground)
    # With nothing there yet, a bare "a red star" can only be what to draw.
    bare = state is None and rng.random() < 0.3
    sentence = speaker.wrap(scene) if bare else speaker.say("draw", scene=scene)
    return sentence, Reply("draw", new)


def want_other_ground(speaker, state):
    """Ask for a background that no picture of shapes has."""
    rng = speaker.rng
    others = [name for name in scene_lib.COLOURS if name not in scene_lib.BACKGROUNDS]
    ground = speaker.word(rng.choice(others))
    if rng.random() < 0.3:
        ground = rng.choice(speaker.phrases.colours[speaker.split])
    if state is not None and rng.random() < 0.6:
        old = state.background
        clause = write_clause(speaker, state, 0, "background", None, old, ground)
        sentence = speaker.wrap(clause)
    else:
        new = sample_state(rng)
        said = [_leave_out(rng, kind) for kind in new.kinds]
        position = new.position if rng.random() < 0.4 else None
        scene = speaker.scene(new, said, position, ground)
        sentence = speaker.say("draw", scene=scene)
    return sentence, refuse(speaker, "no_ground", "background unknown")


def change(speaker, state, attribute=None):
    """Ask for another value of one attribute, of one thing or of all."""
    rng = speaker.rng
    attribute = attribute or rng.choice(ATTRIBUTES)
    index = 0
    if state.form == "pair":
        choices = (0, 1) if attribute == "position" else (0, 0, 1, 1, None)
        index = rng.choice(choices)
    if attribute == "background":
        index = 0
        old = state.background
    elif attribute == "position":
        old = state.position
    else:
        old = state.kinds[index or 0][("size", "colour", "shape").index(attribute)]
    values = [value for value in VALUES[attribute] if value != old]
    if attribute == "colour" and rng.random() < 0.05:
        new = rng.choice(speaker.phrases.colours[speaker.split])
        clause = write_clause(speaker, state, index, attribute, None, old, new)
        meaning = f"{name_thing(state, index)}, colour unknown"
        return speaker.wrap(clause), refuse(speaker, "no_colour", meaning)
    value = rng.choice(values)
    sentence = speaker.wrap(write_clause(speaker, state, index, attribute, value, old))
    meaning = f"{attribute} {value}"
    if attribute != "background":
        meaning = f"{name_thing(state, index)}, {meaning}"
    return sentence, _try(speaker, meaning, _changed, state, index, attribute, value)


def change_several(speaker, state):
    """Ask for two or three attributes of a single thing to be otherwise."""
    rng = speaker.rng
    names = rng.sample(ATTRIBUTES, 2 if rng.random() < 0.8 else 3)
    old = dict(zip(("size", "colour", "shape"), state.kinds[0], strict=True))
    old |= {"position": state.position, "background": state.background}
    new = {n: rng.choice([v for v in VALUES[n] if v != old[n]]) for n in names}
    changed = state
    for name, value in new.items():
        changed = _changed(changed, 0, name, value)
    clauses = []
    if "shape" in new and rng.random() < 0.7:
        # "Make it a large blue star": adjectives before the new shape.
        kind = [n for n in ("size", "colour", "shape") if n in new]
        meant = ", ".join(f"{n} {new[n]}" for n in kind)
        said = tuple(new.pop(n, None) for n in ("size", "colour", "shape"))
        noun = speaker.noun(said)
        noun = noun.split(" ", 1)[1] if speaker.language == "en" else noun[2:]
        clause = write_clause(speaker, state, 0, "shape", None, old["shape"], noun)
        clauses.append((clause, meant))
    for name, value in new.items():
        clause = write_clause(speaker, state, 0, name, value, old[name])
        clauses.append((clause, f"{name} {value}"))
    rng.shuffle(clauses)
    joints = {"en": (" and ", ", "), "zh": (",", ",然后", ",")}[speaker.language]
    sentence = rng.choice(joints).join(clause for clause, _ in clauses)
    meaning = ", ".join([name_thing(state, 0), *(meant for _, meant in clauses)])
    return speaker.wrap(sentence), Reply("draw", changed, meaning=meaning)


def change_whole(speaker, state):
    """Ask for a single thing to be what a whole caption says, in training alone.

    So a word that whole captions alone say is heard in the sentences of changes too.
    """
    old = state.kinds[0][2]
    while True:
        new = sample_state(speaker.rng, (1, 0, 0))
        noun = _noun_of(new, speaker)
        clause = write_clause(speaker, state, 0, "shape", None, old, noun)
        # The caption alone asks for a new picture; "not a ring but a ring" for nothing.
        if len(clause) > len(noun) + len("an ") and new.kinds[0][2] != old:
            break
    values = dict(zip(("size", "colour", "shape"), new.kinds[0], strict=True))
    values |= {"position": new.position, "background": new.background}
    meant = (f"{name} {value}" for name, value in values.items())
    meaning = ", ".join([name_thing(state, 0), *meant])
    return speaker.wrap(clause), Reply("draw", new, meaning=meaning)


def add(speaker, state):
    """Ask for one more thing; what is not said of it is as of the first."""
    rng = speaker.rng
    size, colour, shape = sample_kind(rng)
    if state.form == "group" and rng.random() < 0.5:
        shape = state.kinds[0][2]
    size = size if rng.random() < 0.4 else None
    colour = colour if rng.random() < 0.6 else None
    like = state.kinds[0]
    kind = (size or like[0], colour or like[1], shape)
    slots = {"noun": speaker.noun((size, colour, shape))}
    relation = DEFAULTS["added"]
    if rng.random() < 0.75:
        relation = rng.choice(scene_lib.RELATIONS)
        slots["relation"] = speaker.relation(relation)
        if rng.random() < 0.5:
            slots["it"] = speaker.reference(state, 0, pronoun=state.form != "pair")
    sentence = speaker.say("add", **slots)
    meaning = f"add {' '.join(kind)} {relation}"
    return sentence, _try(
        speaker, meaning, scene_state.add_object, state, kind, relation
    )


def count(speaker, state):
    """Ask for another number of things."""
    rng = speaker.rng
    numbers = [n for n in (1, 2, 2, 3, 3, 4, 5) if n != state.count]
    number = rng.choice(numbers)
    sentence = speaker.say("count", number=speaker.number(number))
    meaning = f"count {number}"
    return sentence, _try(speaker, meaning, scene_state.set_count, state, number)


def one_more(speaker, state):
    """Ask for one more of the same."""
    number = state.count + 1
    reply = _try(speaker, f"count {number}", scene_state.set_count, state, number)
    return speaker.say("one_more"), reply


def one_less(speaker, state):
    """Ask for one of a kind to go."""
    number = state.count - 1
    reply = _try(speaker, f"count {number}", scene_state.set_count, state, number)
    return speaker.say("one_less"), reply


def remove(speaker, state):
    """Ask for a thing to go."""
    index = speaker.rng.choice(range(len(state.kinds)))
    sentence = speaker.say("remove", it=speaker.reference(state, index))
    meaning = f"{name_thing(state, index)}, gone"
    if state.form == "group":
        # "Them" are all of them.
        return sentence, refuse(speaker, "nothing_left", meaning)
    return sentence, _try(speaker, meaning, scene_state.remove_object, state, index)


def relate(speaker, state):
    """Ask for one of two things to lie otherwise to the other."""
    rng = speaker.rng
    index = rng.choice((0, 1))
    now = state.relation if index == 0 else scene_state.MIRRORED[state.relation]
    relation = rng.choice([r for r in scene_lib.RELATIONS if r != now])
    sentence = speaker.say(
        "relate",
        it=speaker.reference(state, index),
        other=speaker.reference(state, 1 - index, pronoun=False),
        relation=speaker.relation(relation),
    )
    meaning = f"{name_thing(state, index)}, {relation}"
    new = scene_state.relate_object(state, index, relation)
    return sentence, Reply("draw", new, meaning=meaning)


def swap(speaker, state):
    """Ask for two things to change places."""
    relation = scene_state.MIRRORED[state.relation]
    new = dataclasses.replace(state, relation=relation)
    return speaker.say("swap"), Reply("draw", new, meaning=f"swap, {relation}")


def refer_to_absent(speaker, state):
    """Ask something of a thing that is not in the picture."""
    rng = speaker.rng
    there = {kind[2] for kind in state.kinds}
    kind = sample_kind(rng)
    while kind[2] in there:
        kind = sample_kind(rng)
    absent = SceneState(state.background, (kind,), 1, "centre")
    it = speaker.reference(absent, 0, pronoun=False)
    topic = rng.choice(("colour", "size", "remove", "ask_colour", "ask_place"))
    if topic in ("colour", "size"):
        value = rng.choice(VALUES[topic])
        text = write_clause(
            speaker, absent, 0, topic, value, kind[topic == "colour"], it=it
        )
        return speaker.wrap(text), refuse(speaker, "absent", "none")
    return speaker.say(topic, it=it), refuse(speaker, "absent", "none")


def _noun_of(state, speaker):
    """Return a whole caption of one thing without its article."""
    write = {"en": words.write_english, "zh": words.write_chinese}[speaker.language]
    articles = {"en": ("a ", "an "), "zh": ("一个",)}[speaker.language]
    while True:
        caption = write(state.to_scene(), speaker.rng)
        if speaker.rng.random() < 0.5:
            caption = vary_caption(caption, speaker.language, speaker.rng)
        for start in articles:
            # "A picture" and "a grey background with a star" are no names of a thing.
            named = not re.search("picture| with ", caption)
            if caption.startswith(start) and named:
                return caption.removeprefix(start)


def _leave_out(rng, kind):
    size, colour, shape = kind
    size = size if rng.random() < 0.6 else None
    return size, colour if rng.random() < 0.85 else None, shape


def _try(speaker, meaning, function, *arguments):
    try:
        return Reply("draw", function(*arguments), meaning=meaning)
    except Refused as refused:
        return refuse(speaker, refused.reason, meaning)


def _changed(state, index, attribute, value):
    if attribute == "background":
        return dataclasses.replace(state, background=value)
    if attribute != "position":
        # What is alike of itself is not changed, only what is meant.
        return scene_state.change_kind(state, index, attribute, value)
    if state.form == "pair" and value in TOWARDS:
        return scene_state.relate_object(state, index, TOWARDS[value])
    return scene_state.move_object(state, value)
