import dataclasses
import random

import numpy as np
import pytest
from scipy import ndimage

from aigc_keras.datasets.shapes import render
from aigc_keras.datasets.shapes import scene as scene_lib
from aigc_keras.metrics import (
    SceneAlignment,
    read_scene,
    score_categories,
    score_scene,
)

CHANCE = {
    "colour": 1 / 8,
    "shape": 1 / 6,
    "size": 1 / 2,
    "position": 1 / 5,
    "background": 1 / 4,
    "count": 1 / 3,
    "relation": 1 / 4,
}


def examples(config, number, image_size=64):
    made = [
        render.make_example(f"{config}/test/{i}", config, image_size=image_size)
        for i in range(number)
    ]
    return np.stack([image for image, _, _ in made]), [scene for _, scene, _ in made]


def aligned(images, scenes):
    metric = SceneAlignment()
    metric.update_state(images, scenes)
    return metric.result()


@pytest.mark.parametrize("config", ["single", "scenes"])
def test_real_renders_score_at_least_99_percent(config):
    result = aligned(*examples(config, 2000))
    keys = {"colour", "shape", "size", "position", "background", "mean", "all_correct"}
    assert set(result) == (keys if config == "single" else keys | {"count", "relation"})
    assert min(result.values()) >= 0.99, result


@pytest.mark.parametrize("config", ["single", "scenes"])
@pytest.mark.parametrize("kind", ["noise", "grey", "black"])
def test_pictures_of_nothing_score_at_most_chance(config, kind):
    _, scenes = examples(config, 400)
    rng = np.random.default_rng(0)
    shape = (400, 64, 64, 3)
    images = {
        "noise": rng.integers(0, 256, shape).astype("uint8"),
        "grey": np.full(shape, 150, "uint8"),
        "black": np.zeros(shape, "uint8"),
    }[kind]
    result = aligned(images, scenes)
    for name, value in result.items():
        if name in CHANCE:
            # Three standard errors of 400 draws.
            margin = 3 * np.sqrt(CHANCE[name] * (1 - CHANCE[name]) / 400)
            assert value <= CHANCE[name] + margin, (name, value)


def test_captions_of_other_pictures_score_near_chance():
    images, scenes = examples("single", 400)
    result = aligned(images, scenes[1:] + scenes[:1])
    for name in ("colour", "shape", "size", "position", "background"):
        assert abs(result[name] - CHANCE[name]) < 0.1


@pytest.mark.parametrize(
    "spoil, floor",
    [
        (lambda x, rng: ndimage.gaussian_filter(x, (0.7, 0.7, 0)), 0.97),
        (lambda x, rng: x + rng.normal(0, 8, x.shape), 0.97),
    ],
    ids=["blur", "noise"],
)
def test_a_little_blur_or_noise_changes_little(spoil, floor):
    images, scenes = examples("single", 300)
    rng = np.random.default_rng(0)
    spoilt = [spoil(image.astype("float32"), rng) for image in images]
    spoilt = np.clip(np.round(np.stack(spoilt)), 0, 255).astype("uint8")
    assert aligned(spoilt, scenes)["mean"] >= floor


@pytest.mark.parametrize("image_size", [32, 128])
def test_other_picture_sizes_are_read(image_size):
    assert aligned(*examples("single", 200, image_size))["mean"] >= 0.97


@pytest.mark.parametrize(
    "attribute, change",
    [
        ("colour", {"colour": "green"}),
        ("shape", {"shape": "star"}),
        ("size", {"size": "large", "radius": 0.21}),
        ("position", {"x": 0.73, "y": 0.5}),
    ],
)
def test_one_changed_attribute_is_the_only_one_that_fails(attribute, change):
    item = scene_lib.SceneObject("small", "red", "circle", 0.27, 0.5, 0.13)
    wanted = scene_lib.Scene("grey", (item,))
    drawn = scene_lib.Scene("grey", (dataclasses.replace(item, **change),))
    scores = score_scene(read_scene(render.render_scene(drawn)), wanted)
    assert [name for name, value in scores.items() if value is False] == [attribute]


def test_relation_and_count_are_scored():
    red = scene_lib.SceneObject("small", "red", "ring", 0.5, 0.25, 0.13)
    blue = scene_lib.SceneObject("large", "blue", "square", 0.5, 0.72, 0.21)
    wanted = scene_lib.Scene("pink", (red, blue))
    right = read_scene(render.render_scene(wanted))
    assert all(v is not False for v in score_scene(right, wanted).values())
    swapped = scene_lib.Scene(
        "pink",
        (dataclasses.replace(red, y=0.75), dataclasses.replace(blue, y=0.28)),
    )
    scores = score_scene(read_scene(render.render_scene(swapped)), wanted)
    assert scores["relation"] is False and scores["colour"] is True
    missing = scene_lib.Scene("pink", (red,))
    scores = score_scene(read_scene(render.render_scene(missing)), wanted)
    assert scores["count"] is False


@pytest.mark.parametrize("higher", ["red", "blue"])
def test_of_two_things_a_place_does_not_tell_which_is_which(higher):
    """Else things that changed places are taken for things of another colour."""
    red = scene_lib.SceneObject("large", "red", "circle", 0.5, 0.25, 0.21)
    blue = scene_lib.SceneObject("large", "blue", "circle", 0.5, 0.75, 0.21)
    wanted = scene_lib.Scene("pink", (red, blue))
    if higher == "blue":
        red, blue = dataclasses.replace(red, y=0.75), dataclasses.replace(blue, y=0.25)
    for drawn in ((red, blue), (blue, red)):
        scores = score_scene(scene_lib.Scene("pink", drawn), wanted)
        assert scores["colour"] is True and scores["relation"] is (higher == "red")


def test_batches_add_up_and_reset_forgets():
    images, scenes = examples("single", 40)
    rng = random.Random(0)
    wanted = rng.sample(scenes, len(scenes))
    metric = SceneAlignment()
    metric.update_state(images[:15], wanted[:15])
    metric.update_state(images[15:], wanted[15:])
    assert metric.result() == aligned(images, wanted)
    metric.reset_state()
    with pytest.raises(ValueError, match="at least one"):
        metric.result()


@pytest.mark.parametrize(
    "image", [np.zeros((8, 8, 3)), np.zeros((8, 9, 3), "uint8"), np.zeros((8, 8), "u1")]
)
def test_bad_images_are_refused(image):
    with pytest.raises(ValueError, match="Received"):
        read_scene(image)


def test_unequal_numbers_are_refused():
    images, scenes = examples("single", 2)
    with pytest.raises(ValueError, match="2 images and 1 scenes"):
        SceneAlignment().update_state(images, scenes[:1])


def test_tasks_are_sorted_by_what_the_scene_asks_for():
    images, scenes = examples("scenes", 300)
    metric = SceneAlignment()
    metric.update_state(images, scenes)
    tasks = metric.by_category()
    assert set(tasks) == {
        "single_object",
        "two_objects",
        "counting",
        "colours",
        "position",
        "attribute_binding",
    }
    assert min(tasks.values()) >= 0.97, tasks


def test_swapped_colours_break_the_binding_and_nothing_else():
    def scene(first, second):
        return scene_lib.Scene(
            "grey",
            (
                scene_lib.SceneObject("small", first, "circle", 0.3, 0.5, 0.13),
                scene_lib.SceneObject("small", second, "star", 0.7, 0.5, 0.13),
            ),
        )

    scores = score_categories(scene("red", "blue"), scene("blue", "red"))
    assert scores == {
        "two_objects": True,
        "position": True,
        "attribute_binding": False,
    }
