"""Edits are scored by what is drawn, and asked for fairly."""

import dataclasses
import random

import numpy as np
import pytest

from aigc_keras.datasets.shapes.captions import write_captions
from aigc_keras.datasets.shapes.edits import ATTRIBUTES, read_attribute
from aigc_keras.datasets.shapes.examples import Example
from aigc_keras.datasets.shapes.render import render_scene
from aigc_keras.datasets.shapes.scene import HELD_OUT_PAIRS, sample_scene
from aigc_keras.evaluation import measure_edits
from aigc_keras.evaluation.run_edits import sample_requests, score_edits


@pytest.fixture(scope="module")
def examples():
    rng = random.Random(0)
    scenes = [sample_scene(rng) for _ in range(60)]
    languages = ("en", "zh")
    texts = [write_captions(scene, rng, 1)[0] for scene in scenes]
    return [
        Example(
            scene, {name: [text] for name, text in zip(languages, pair, strict=True)}
        )
        for scene, pair in zip(scenes, texts, strict=True)
    ]


def draw(scenes):
    return np.stack([render_scene(scene) for scene in scenes])


def target_captions(requests):
    rng = random.Random(1)
    return [write_captions(request.target, rng, 1)[0][0] for request in requests]


def test_a_request_changes_one_attribute(examples):
    requests = sample_requests(examples, seed=3)
    assert requests == sample_requests(examples, seed=3)
    assert requests[:10] == sample_requests(examples[:10], seed=3)
    assert requests != sample_requests(examples, seed=4)
    for place, (example, request) in enumerate(zip(examples, requests, strict=True)):
        assert request.attribute == ATTRIBUTES[place % len(ATTRIBUTES)]
        changed = {
            name
            for name in ATTRIBUTES
            if read_attribute(example.scene, name)
            != read_attribute(request.target, name)
        }
        assert changed == {request.attribute}
        chinese = request.caption in example.captions["zh"]
        assert chinese == any("\u4e00" <= char for char in request.sentence)
        thing = request.target.objects[0]
        assert (thing.colour, thing.shape) not in HELD_OUT_PAIRS


def test_a_perfect_editor_scores_1(examples):
    requests = sample_requests(examples)
    before = draw([example.scene for example in examples])
    after = draw([request.target for request in requests])
    figures = score_edits(requests, target_captions(requests), before, before, after)
    assert set(figures) == {*ATTRIBUTES, "all"}
    for row in figures.values():
        assert row["asked"] == row["kept"] == row["understood"] == 1
        assert row["identity_psnr"] > 60


def test_an_idle_editor_keeps_everything_and_does_nothing(examples):
    requests = sample_requests(examples)
    before = draw([example.scene for example in examples])
    said = [example.captions["en"][0] for example in examples]
    figures = score_edits(requests, said, before, before, before)["all"]
    assert figures["asked"] == figures["understood"] == 0
    # A larger object may have to move inwards.
    assert figures["kept"] > 0.95


def test_a_careless_editor_does_not_keep(examples):
    requests = sample_requests(examples)
    before = draw([example.scene for example in examples])
    backgrounds = {"grey": "pink", "pink": "grey", "cyan": "brown", "brown": "cyan"}
    after = draw(
        dataclasses.replace(one.target, background=backgrounds[one.target.background])
        for one in requests
    )
    args = (requests, target_captions(requests), before, before // 2, after)
    figures = score_edits(*args)
    assert figures["colour"]["asked"] == 1 and figures["colour"]["kept"] == 0
    assert figures["background"]["asked"] == 0 and figures["background"]["kept"] == 1
    assert figures["all"]["identity_psnr"] < 20


def test_without_a_reader_nothing_is_measured(repairing_gan):
    with pytest.raises(ValueError, match="train --task instructions"):
        measure_edits(repairing_gan)
