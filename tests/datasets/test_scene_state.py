"""What is in a picture, and how a dialogue may change it."""

import random

import pytest

from aigc_keras.datasets.shapes.caption_reader import state_scene
from aigc_keras.datasets.shapes.captions import write_captions
from aigc_keras.datasets.shapes.render import render_scene
from aigc_keras.datasets.shapes.scene import sample_scene
from aigc_keras.datasets.shapes_dialogue import scene_state
from aigc_keras.datasets.shapes_dialogue.requests import sample_state
from aigc_keras.datasets.shapes_dialogue.scene_state import (
    Refused,
    SceneState,
    read_state,
    state_of_scene,
    turned,
)
from aigc_keras.metrics.alignment import score_scene
from aigc_keras.metrics.scene_reader import read_scene

RING, STAR = ("small", "red", "ring"), ("large", "blue", "star")
SINGLE = SceneState("grey", (RING,), 1, "left")
GROUP = SceneState("grey", (STAR,), 2)
PAIR = SceneState("pink", (RING, STAR), 2, relation="above")


def states(number, seed=0):
    rng = random.Random(seed)
    return [sample_state(rng) for _ in range(number)]


def test_a_caption_says_the_state_and_is_read_back():
    for state in states(300):
        for language in ("en", "zh"):
            assert read_state(state.describe(language)) == state
        assert state_scene(state.to_scene()) == state.statement


def test_every_caption_of_a_scene_is_read_in_its_order():
    rng = random.Random(1)
    for _ in range(200):
        scene = sample_scene(rng, "scenes")
        state = state_of_scene(scene)
        for caption in write_captions(scene, rng)[0]:
            read = read_state(caption)
            assert read.statement == state.statement == state_scene(scene)
            first = read.kinds[0]
            # Whoever is named first is meant by "it".
            if caption.isascii() and state.form == "pair":
                assert first == scene.objects[0].kind


def test_a_state_can_be_drawn():
    misread = 0
    for state in states(60, seed=2):
        scene = state.to_scene()
        scores = score_scene(read_scene(render_scene(scene)), scene)
        misread += not all(right for right in scores.values() if right is not None)
    # The reader of pictures errs once in a hundred.
    assert misread <= 2


def test_what_was_changed_is_then_it():
    changed = scene_state.change_kind(PAIR, 1, "colour", "green")
    assert changed.kinds == (("large", "green", "star"), RING)
    assert changed.relation == "below"
    assert scene_state.change_kind(PAIR, 0, "size", "large").kinds[1] == STAR
    both = scene_state.change_kind(PAIR, None, "colour", "white")
    assert [kind[1] for kind in both.kinds] == ["white", "white"]
    assert turned(turned(PAIR)) == PAIR and turned(PAIR).statement == PAIR.statement


def test_two_that_become_alike_are_a_group():
    pair = SceneState("pink", (RING, ("small", "red", "star")), 2, relation="above")
    alike = scene_state.change_kind(pair, 1, "shape", "ring")
    assert alike == SceneState("pink", (RING,), 2)


def test_things_come_and_go():
    added = scene_state.add_object(SINGLE, STAR, "below")
    assert added == SceneState("grey", (STAR, RING), 2, None, "below")
    assert scene_state.add_object(SINGLE, RING, "below").count == 2
    assert scene_state.remove_object(PAIR, 0).kinds == (STAR,)
    assert scene_state.remove_object(GROUP, 0).form == "single"
    three = scene_state.set_count(GROUP, 3)
    assert three.kinds == (("small", "blue", "star"),) and three.count == 3
    assert scene_state.move_object(SINGLE, "top").position == "top"
    assert scene_state.relate_object(PAIR, 1, "left of") == SceneState(
        "pink", (STAR, RING), 2, None, "left of"
    )


@pytest.mark.parametrize(
    "reason, function, arguments",
    [
        ("too_many", scene_state.add_object, (PAIR, RING, "above")),
        ("too_many", scene_state.add_object, (GROUP, RING, "above")),
        ("too_many", scene_state.set_count, (SINGLE, 4)),
        ("too_many", scene_state.set_count, (PAIR, 3)),
        ("nothing_left", scene_state.remove_object, (SINGLE, 0)),
        ("no_place", scene_state.move_object, (GROUP, "left")),
        (
            "three_large",
            scene_state.change_kind,
            (SceneState("grey", (RING,), 3), 0, "size", "large"),
        ),
    ],
)
def test_what_no_picture_shows_is_refused(reason, function, arguments):
    with pytest.raises(Refused) as refused:
        function(*arguments)
    assert refused.value.reason == reason


def test_what_is_no_caption_is_no_state():
    assert read_state("a cat on a mat") is None
    assert read_state("") is None
