import random
import re

import numpy as np
import pytest
import tensorflow_datasets as tfds

from aigc_keras.datasets.shapes import captions as captions_lib
from aigc_keras.datasets.shapes import render, shapes_dataset_builder
from aigc_keras.datasets.shapes import scene as scene_lib
from aigc_keras.datasets.shapes.examples import read_examples
from aigc_keras.datasets.sources import TfdsSource, caption_reader

SMALL = {
    "train": (40, False),
    "validation": (8, False),
    "test": (8, False),
    "test_unseen": (8, True),
}


@pytest.fixture(scope="module", params=["single", "scenes"])
def builder(request, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes_dataset_builder, "SPLITS", SMALL)
        folder = tmp_path_factory.mktemp("shapes")
        made = shapes_dataset_builder.Builder(config=request.param, data_dir=folder)
        TfdsSource("shapes", made, caption_reader("captions"), "captions").prepare()
        yield made


def test_splits_have_the_promised_sizes():
    sizes = {name: size for name, (size, _) in shapes_dataset_builder.SPLITS.items()}
    assert sizes == {
        "train": 50_000,
        "validation": 2_000,
        "test": 2_000,
        "test_unseen": 2_000,
    }


def test_builder_writes_the_data_contract(builder):
    dataset = builder.as_dataset(split="train", shuffle_files=False)
    for element in dataset.take(3):
        assert element["image"].shape == (64, 64, 3)
        assert element["image"].dtype == "uint8"
        assert element["captions"].shape == (6,)
        assert element["languages"].numpy().tolist() == [0, 0, 0, 1, 1, 1]
    assert builder.info.splits["train"].num_examples == 40


def test_prepared_pictures_are_the_rendered_ones(builder):
    config = builder.builder_config.name
    expected = {
        render.make_example(f"{config}/test/{i}", config)[0].tobytes() for i in range(8)
    }
    found = {
        image.tobytes()
        for image in (
            element["image"]
            for element in tfds.as_numpy(builder.as_dataset(split="test"))
        )
    }
    assert found == expected


def test_examples_give_back_scenes_and_captions(builder):
    examples = read_examples(builder, "test")
    assert len(examples) == 8
    for example in examples:
        assert example.scene.background in scene_lib.BACKGROUNDS
        assert 1 <= len(example.scene.objects) <= 3
        assert len(example.captions["en"]) == len(example.captions["zh"]) == 3


def test_the_same_seed_draws_the_same_pixels():
    first = render.make_example("x/1", "scenes")[0]
    assert np.array_equal(first, render.make_example("x/1", "scenes")[0])
    assert not np.array_equal(first, render.make_example("x/2", "scenes")[0])


@pytest.mark.parametrize("config", ["single", "scenes"])
def test_held_out_pairs_are_only_in_test_unseen(config):
    assert len(scene_lib.HELD_OUT_PAIRS) >= 8

    def pairs(unseen):
        for index in range(1500):
            scene = render.make_example(f"{index}", config, unseen)[1]
            yield [(item.colour, item.shape) for item in scene.objects]

    assert not any(scene_lib.HELD_OUT_PAIRS & set(found) for found in pairs(False))
    assert all(scene_lib.HELD_OUT_PAIRS & set(found) for found in pairs(True))


def test_every_attribute_occurs_in_single():
    scenes = [render.make_example(f"{i}")[1] for i in range(1500)]
    items = [scene.objects[0] for scene in scenes]
    assert {item.size for item in items} == set(scene_lib.SIZES)
    assert {item.position for item in items} == set(scene_lib.POSITIONS)
    assert {scene.background for scene in scenes} == set(scene_lib.BACKGROUNDS)
    pairs = {(item.colour, item.shape) for item in items}
    assert pairs == set(scene_lib.SEEN_PAIRS)


def test_scenes_hold_counts_and_relations():
    scenes = [render.make_example(f"{i}", "scenes")[1] for i in range(500)]
    assert {len(scene.objects) for scene in scenes} == {1, 2, 3}
    relations = {
        scene.relation
        for scene in scenes
        if len({item.kind for item in scene.objects}) == 2
    }
    assert relations == set(scene_lib.RELATIONS)


def test_a_like_scene_is_described_alike():
    rng = random.Random(3)
    for index in range(60):
        scene = scene_lib.sample_scene(rng, "scenes")
        like = scene_lib.sample_like(scene, random.Random(index))
        assert like != scene and like.background == scene.background
        assert [item.kind for item in like.objects] == [
            item.kind for item in scene.objects
        ]
        if len(scene.objects) == 1:
            assert like.objects[0].position == scene.objects[0].position
        elif len({item.kind for item in scene.objects}) == 2:
            assert like.relation == scene.relation


def test_objects_of_a_scene_do_not_touch():
    for index in range(500):
        items = render.make_example(f"{index}", "scenes")[1].objects
        for i, first in enumerate(items):
            for second in items[:i]:
                gap = np.hypot(first.x - second.x, first.y - second.y)
                assert gap >= first.radius + second.radius


@pytest.mark.parametrize("config", ["single", "scenes"])
def test_captions_state_every_attribute(config):
    for index in range(300):
        _, scene, rng = render.make_example(f"{index}", config)
        captions, languages = captions_lib.write_captions(scene, rng)
        assert len(set(captions)) == 6 and languages == ["en"] * 3 + ["zh"] * 3
        for caption, language in zip(captions, languages, strict=True):
            words = {
                "en": captions_lib.ENGLISH_WORDS,
                "zh": captions_lib.CHINESE_WORDS,
            }[language]
            stated = [scene.background]
            for item in scene.objects:
                stated += item.kind
            for attribute in stated:
                assert any(word in caption for word in words[attribute]), caption


def test_the_promised_caption_can_be_written():
    item = scene_lib.SceneObject("small", "red", "circle", 0.27, 0.5, 0.13)
    scene = scene_lib.Scene("grey", (item,))
    rng = random.Random(0)
    written = {captions_lib.write_english(scene, rng) for _ in range(3000)}
    assert "a small red circle on the left of a grey background" in written
    assert len(written) > 100


def test_english_articles_are_right():
    for index in range(300):
        _, scene, rng = render.make_example(f"{index}", "scenes")
        for caption in captions_lib.write_captions(scene, rng)[0][:3]:
            assert not re.search(r"\ba [aeio]|\ban [^aeio]", caption), caption


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="config"):
        scene_lib.sample_scene(random.Random(0), "pairs")
    with pytest.raises(ValueError, match="shape"):
        render.outline("circle")
