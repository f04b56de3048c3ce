"""Captions with less than all in them."""

import numpy as np
import pytest

from aigc_keras.datasets.partial_captions import part_of_caption

ENGLISH = "a small red circle in the middle of a pink background"
CHINESE = "粉色背景上,一个红色的小圆形在中间"


@pytest.mark.parametrize("caption", [ENGLISH, CHINESE])
def test_a_part_is_what_stands_side_by_side(caption):
    rng = np.random.default_rng(0)
    parts = {part_of_caption(caption, rng) for _ in range(400)}
    assert all(part and part in caption for part in parts)
    assert caption in parts and len(parts) > 50
    shortest = min(parts, key=len)
    assert shortest == "a" or len(shortest) == 1


def test_words_stay_whole():
    rng = np.random.default_rng(0)
    words = set(ENGLISH.split())
    for _ in range(100):
        assert set(part_of_caption(ENGLISH, rng).split()) <= words


def test_all_lengths_come_equally_often():
    rng = np.random.default_rng(0)
    caption = "one two three four five six"
    lengths = [len(part_of_caption(caption, rng).split()) for _ in range(3000)]
    counts = np.bincount(lengths)[1:]
    assert len(counts) == 6 and counts.min() > 400


@pytest.mark.parametrize("caption", ["", "tiger face", "大红圆"])
def test_a_short_caption_has_no_parts(caption):
    assert part_of_caption(caption, np.random.default_rng(0)) is None
