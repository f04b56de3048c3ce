"""Wrong captions of the right words."""

import random

import numpy as np
import pytest

from aigc_keras.datasets.shapes.caption_reader import read_caption
from aigc_keras.datasets.shapes.captions import write_captions
from aigc_keras.datasets.shapes.scene import sample_scene
from aigc_keras.datasets.swapped_captions import CaptionSwaps

FIVE = [
    "a red star on a blue sky",
    "a blue star on a red sky",
    "a blue sky on a red sky",
    "a green star, far away",
    "one red star on nothing",
]


def all_swaps(caption, captions=FIVE):
    swap, rng = CaptionSwaps(captions), np.random.default_rng(0)
    return {swap(caption, rng) for _ in range(100)} - {None}


def test_words_change_places_where_they_were_seen_to_stand():
    # "on a blue star" stands nowhere, thus the stars stay where they are.
    assert all_swaps(FIVE[0]) == {FIVE[1]}
    # "one blue" stands nowhere, "nothing star" neither.
    assert all_swaps(FIVE[4]) == set()


@pytest.mark.parametrize("caption", ["", "star", "a blue sky on a blue sky"])
def test_where_nothing_can_change_there_is_none(caption):
    assert all_swaps(caption, [*FIVE, caption]) == set()


def test_marks_and_spaces_stay_as_they_are():
    captions = [
        "a five-pointed red star, a blue box",
        "a five-pointed blue star, a red box",
    ]
    assert all_swaps(captions[0], captions) == {captions[1]}
    captions = ["红色星星在蓝色方块上面", "蓝色星星在红色方块上面"]
    assert all_swaps(captions[0], captions) == {captions[1]}


def test_of_two_things_another_scene_is_said():
    rng = random.Random(0)
    scenes = [sample_scene(rng, "scenes") for _ in range(4000)]
    captions = [write_captions(scene, rng)[0] for scene in scenes]
    swap = CaptionSwaps([text for each in captions for text in each])
    chance = np.random.default_rng(0)
    read, other, of_two = 0, 0, []
    for scene, texts in zip(scenes[:500], captions[:500], strict=True):
        for text in texts:
            wrong = swap(text, chance)
            two = len({item.kind for item in scene.objects}) == 2
            of_two += [wrong is not None] if two else []
            if wrong is None or not two:
                continue
            assert sorted(wrong.replace(" ", "")) == sorted(text.replace(" ", ""))
            read += read_caption(wrong) is not None
            other += read_caption(wrong) not in (None, read_caption(text))
    # Of two things, words of most captions can change places; few of those are
    # synonyms, and hardly any are no captions.
    assert np.mean(of_two) > 0.8
    assert read > 0.95 * sum(of_two) and other > 0.85 * sum(of_two)


def test_one_seed_exchanges_the_same():
    swap = CaptionSwaps(FIVE)
    made = [swap(FIVE[0], np.random.default_rng(seed)) for seed in (3, 3)]
    assert made[0] == made[1] == FIVE[1]
