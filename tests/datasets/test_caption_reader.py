"""A caption that was written says what it was written from."""

import random

import pytest

from aigc_keras.datasets.shapes.caption_reader import (
    Statement,
    read_caption,
    state_scene,
)
from aigc_keras.datasets.shapes.captions import write_captions
from aigc_keras.datasets.shapes.scene import sample_scene


@pytest.mark.parametrize("config", ["single", "scenes"])
@pytest.mark.parametrize("unseen", [False, True])
def test_every_written_caption_is_read_back(config, unseen):
    rng = random.Random(5)
    for _ in range(300):
        scene = sample_scene(rng, config, unseen)
        wanted = state_scene(scene)
        for caption in write_captions(scene, rng)[0]:
            assert read_caption(caption) == wanted, caption


def test_a_statement_holds_every_attribute():
    read = read_caption("on the left, a tiny crimson disc against an aqua background")
    assert read == Statement("cyan", (("small", "red", "circle"),), 1, "left")
    read = read_caption("两个大红色五角星,背景是粉色的")
    assert read == Statement("pink", (("large", "red", "star"),), 2)


def test_a_relation_is_the_same_said_from_either_side():
    one = read_caption("a small red ring below a large blue box on a grey background")
    other = read_caption(
        "a large blue square over a tiny red hoop on a gray background"
    )
    assert one == other
    assert one.relation == "above"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a red circle on a grey background",
        "a small red circle on the left of a grey background background",
        "a small red red circle on the left of a grey background",
        "a small red circle above a small red circle on a grey background",
        "three large red circles on a grey background",
        "a small red dog on the left of a grey background",
        "一个小红色圆形在灰色背景",
        "灰色背景,左边有一个小红色",
    ],
)
def test_what_is_no_caption_is_not_read(text):
    assert read_caption(text) is None
