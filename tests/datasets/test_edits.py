"""Edits of scenes, and the sentences that ask for them."""

import dataclasses
import random

import pytest

from aigc_keras.datasets.shapes import captions as words
from aigc_keras.datasets.shapes.caption_reader import read_caption, state_scene
from aigc_keras.datasets.shapes.edits import (
    ATTRIBUTES,
    OTHER_KINDS,
    PHRASES,
    VALUES,
    change_caption,
    change_scene,
    read_attribute,
    sample_change,
    sample_instruction,
    write_instruction,
)
from aigc_keras.datasets.shapes.render import render_scene
from aigc_keras.datasets.shapes.scene import HELD_OUT_PAIRS, sample_scene
from aigc_keras.metrics.scene_reader import read_scene


def scenes(number, seed=0):
    rng = random.Random(seed)
    return [(sample_scene(rng), rng) for _ in range(number)]


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_one_attribute_changes_and_the_rest_stays(attribute):
    misread = 0
    for scene, rng in scenes(30):
        value = sample_change(scene, attribute, rng)
        assert value in VALUES[attribute] and value != read_attribute(scene, attribute)
        changed = change_scene(scene, attribute, value, rng)
        wanted = {name: read_attribute(scene, name) for name in ATTRIBUTES}
        wanted[attribute] = value
        for found in (changed, read_scene(render_scene(changed))):
            read = {name: read_attribute(found, name) for name in ATTRIBUTES}
            misread += read != wanted
            assert found is not changed or read == wanted
        assert changed.objects[0].angle == scene.objects[0].angle
    # The reader of pictures errs once in a thousand.
    assert misread <= 1


def test_a_moved_object_keeps_its_jitter():
    scene, rng = scenes(1)[0]
    item = scene.objects[0]
    there = change_scene(scene, "position", "left", rng)
    back = change_scene(there, "position", item.position, rng).objects[0]
    assert (back.x, back.y) == pytest.approx((item.x, item.y))


def test_held_out_pairs_are_left_out_where_asked():
    drawn = {True: set(), False: set()}
    for scene, rng in scenes(400):
        for attribute in ("colour", "shape"):
            for unseen, found in drawn.items():
                value = sample_change(scene, attribute, rng, unseen)
                item = change_scene(scene, attribute, value, rng).objects[0]
                found.add((item.colour, item.shape))
    assert not drawn[False] & HELD_OUT_PAIRS
    assert drawn[True] & HELD_OUT_PAIRS


def test_captions_say_the_new_value_and_keep_their_words():
    for number, (scene, rng) in enumerate(scenes(400)):
        write = (words.write_english, words.write_chinese)[number % 2]
        caption = write(scene, rng)
        changed, changes = scene, {}
        for attribute in rng.sample(ATTRIBUTES, 1 + number % 3):
            changes[attribute] = sample_change(scene, attribute, rng)
            changed = change_scene(changed, attribute, changes[attribute], rng)
        new = change_caption(caption, changes)
        assert read_caption(new) == state_scene(changed), (caption, new)
    assert change_caption(caption, {}) == caption


def test_wording_stays():
    caption = "a picture of a tiny crimson hoop in the middle, aqua background"
    assert change_caption(caption, {"shape": "star", "position": "top"}) == (
        "a picture of a tiny crimson star at the top, aqua background"
    )
    caption = "图中左侧有一个漆黑色的小圆圈,背景是粉红的"
    assert change_caption(caption, {"colour": "red", "background": "grey"}) == (
        "图中左侧有一个红色的小圆圈,背景是灰色的"
    )


@pytest.mark.parametrize("text", ["a red circle", "two small red stars on a grey day"])
def test_only_captions_of_one_object_are_changed(text):
    with pytest.raises(ValueError, match="single object"):
        change_caption(text, {"colour": "blue"})


def test_several_objects_are_refused():
    rng = random.Random(0)
    several = next(
        scene
        for scene in iter(lambda: sample_scene(rng, "scenes"), None)
        if len(scene.objects) > 1
    )
    with pytest.raises(ValueError, match="one object"):
        sample_change(several, "colour", rng)
    with pytest.raises(ValueError, match="one object"):
        change_scene(several, "background", "pink", rng)
    single = dataclasses.replace(several, objects=several.objects[:1])
    with pytest.raises(ValueError, match="'pink'"):
        change_scene(single, "colour", "pink", rng)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_tried_was_not_trained_on(language):
    phrases = PHRASES[language]
    tables = [*phrases.templates.values(), phrases.wrappings, phrases.others]
    tables.append(phrases.things)
    for table in tables:
        assert not set(table["train"]) & set(table["test"])
    assert set(phrases.templates) == set(ATTRIBUTES)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sentence_tells_its_value_from_the_others(language, split):
    """The same sentence never asks for two things of one attribute."""
    rng = random.Random(0)
    scene = sample_scene(rng)
    for attribute in ATTRIBUTES:
        meant = {}
        for _ in range(1500):
            value = sample_change(scene, attribute, rng)
            changes = {attribute: value}
            sentence = write_instruction(scene, changes, language, rng, split)
            assert "{" not in sentence and sentence == sentence.strip()
            assert meant.setdefault(sentence, value) == value
        assert set(meant.values()) == set(VALUES[attribute]) - {
            read_attribute(scene, attribute)
        }


@pytest.mark.parametrize("kind", [*ATTRIBUTES, *OTHER_KINDS])
def test_instructions_are_what_they_say(kind):
    rng = random.Random(1)
    for _ in range(60):
        one = sample_instruction(rng, "train", kind)
        old, new = read_caption(one.caption), read_caption(one.new_caption)
        differ = [
            name
            for name, pick in {
                "size": lambda said: said.kinds[0][0],
                "colour": lambda said: said.kinds[0][1],
                "shape": lambda said: said.kinds[0][2],
                "position": lambda said: said.position,
                "background": lambda said: said.background,
            }.items()
            if pick(old) != pick(new)
        ]
        if kind in ATTRIBUTES:
            assert differ == [kind]
        elif kind == "several":
            assert len(differ) in (2, 3)
        elif kind == "caption":
            assert one.sentence == one.new_caption
        else:
            assert one.new_caption == one.caption
        assert one.kind == kind


def test_the_same_seed_draws_the_same_instructions():
    drawn = [
        [sample_instruction(rng) for _ in range(200)]
        for rng in (random.Random(7), random.Random(7))
    ]
    assert drawn[0] == drawn[1]
    assert {one.kind for one in drawn[0]} == {*ATTRIBUTES, *OTHER_KINDS}
