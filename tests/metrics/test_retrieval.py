"""Ranks and cosines of pictures and their captions."""

import numpy as np
import pytest

from aigc_keras.metrics import clip_score, r_precision


def vectors(number=200, dim=32):
    return np.random.default_rng(0).normal(size=(number, dim))


def test_a_picture_like_its_own_caption_ranks_first():
    figures = r_precision(3 * vectors(), vectors())
    wanted = {"r_precision": 1.0, "mean_rank": 1.0, "chance": 0.01}
    assert figures == pytest.approx(wanted)


def test_swapped_captions_rank_at_chance():
    texts = vectors(400)
    figures = r_precision(np.roll(texts, 1, axis=0), texts, candidates=20)
    assert figures["r_precision"] == pytest.approx(0.05, abs=0.03)
    assert figures["mean_rank"] == pytest.approx(10.5, abs=1)


def test_an_encoder_that_says_the_same_of_all_is_not_right():
    figures = r_precision(np.ones((50, 4)), vectors(50, 4), candidates=10)
    assert figures["r_precision"] < 0.3
    texts = vectors(50, 4)
    texts[:, 1:] = 0
    ties = r_precision(np.tile([0.0, 1, 0, 0], (50, 1)), texts, candidates=2)
    assert ties["r_precision"] == 0
    assert ties["mean_rank"] == pytest.approx(1.5)


def test_a_caption_that_several_pictures_share_is_no_wrong_answer():
    texts = np.repeat(np.eye(4), 5, axis=0)
    figures = r_precision(texts, texts, candidates=20)
    assert figures["r_precision"] == 1
    assert figures["chance"] == pytest.approx(1 / 16)


def test_clip_score_is_the_scaled_cosine_and_never_negative():
    images = np.array([[1.0, 0], [0, 2], [1, 0]])
    texts = np.array([[5.0, 0], [1, 1], [-1, 0]])
    wanted = 2.5 * (1 + np.sqrt(0.5) + 0) / 3
    assert clip_score(images, texts) == pytest.approx(wanted)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="one shape"):
        clip_score(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="candidates=100"):
        r_precision(vectors(50), vectors(50))
