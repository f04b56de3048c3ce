"""Text metrics against definitions worked out by hand."""

import collections
import math

import numpy as np
import pytest

from aigc_keras.metrics.text import (
    bleu,
    chrf,
    coherence,
    distinct,
    lexical_richness,
    split_words,
)


def grams(words, n):
    return collections.Counter(zip(*(words[i:] for i in range(n)), strict=False))


def reference_bleu(captions, references):
    """BLEU-4 of equally long captions, one reference each, by its definition."""
    log_precision = 0.0
    for n in range(1, 5):
        matched = total = 0
        for caption, reference in zip(captions, references, strict=True):
            ours, theirs = grams(caption.split(), n), grams(reference.split(), n)
            matched += sum((ours & theirs).values())
            total += sum(ours.values())
        log_precision += math.log(matched / total) / 4
    return 100 * math.exp(log_precision)


def reference_chrf(caption, reference):
    """Sentence chrF (n to 6, beta 2, spaces left out) by its definition."""
    precision, recall = [], []
    for n in range(1, 7):
        ours = grams(caption.replace(" ", ""), n)
        theirs = grams(reference.replace(" ", ""), n)
        if not ours or not theirs:
            continue
        matched = sum((ours & theirs).values())
        precision.append(matched / sum(ours.values()))
        recall.append(matched / sum(theirs.values()))
    p, r = sum(precision) / len(precision), sum(recall) / len(recall)
    return 100 * 5 * p * r / (4 * p + r)


def test_bleu_is_its_definition():
    captions = ["a small red ring on a pink ground", "there is a large blue star here"]
    wanted = ["a small red ring on a grey ground", "there is a large red star here"]
    figure = bleu(captions, [[text] for text in wanted])
    assert figure == pytest.approx(reference_bleu(captions, wanted), rel=1e-9)


def test_chrf_is_its_definition():
    caption, wanted = "a small red ring", "a small blue ring"
    figure = chrf([caption], [[wanted]])
    assert figure == pytest.approx(reference_chrf(caption, wanted), rel=1e-9)


def test_the_best_of_several_references_counts():
    several = [["a blue dog", "a small red ring on the left"], ["一个红色的小圆形"]]
    captions = ["a small red ring on the left", "一个红色的小圆形"]
    assert bleu(captions, several) == pytest.approx(100)
    assert chrf(captions, several) == pytest.approx(100)


def test_distinct_counts_different_ngrams():
    assert distinct(["a red ring", "a red star"], 1) == pytest.approx(4 / 6)
    assert distinct(["a red ring", "a red star"], 2) == pytest.approx(3 / 4)
    assert distinct(["红圆红"], 1) == pytest.approx(2 / 3)
    assert distinct(["a"], 2) == 0.0
    assert split_words("一个 red环!") == ["一", "个", "red", "环", "!"]


def test_captions_without_a_reference_are_refused():
    for captions, references in (([], []), (["a"], []), (["a"], [[]])):
        with pytest.raises(ValueError, match="must have a reference"):
            chrf(captions, references)


def test_richness_counts_words_and_chinese_characters():
    figures = lexical_richness(["A red ring", "a red star", "红色"])
    assert figures["vocabulary"] == 6
    assert figures["type_token_ratio"] == pytest.approx(6 / 8)


def test_the_ratio_of_stretches_does_not_fall_with_length():
    words = [f"word{i % 50}" for i in range(1000)]
    short, long = (lexical_richness([" ".join(words[:n])]) for n in (100, 1000))
    assert long["type_token_ratio"] < short["type_token_ratio"] / 5
    assert long["type_token_ratio_100"] == short["type_token_ratio_100"] == 0.5


def test_richness_of_nothing_is_zero():
    assert set(lexical_richness([]).values()) == {0}


def test_coherence_is_the_cosine_of_neighbours_and_falls_when_shuffled():
    angles = np.linspace(0, 3, 40)
    walk = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert coherence(5 * walk) == pytest.approx(np.cos(angles[1]))
    shuffled = walk[np.random.default_rng(0).permutation(40)]
    assert coherence(shuffled) < coherence(walk) - 0.2
    with pytest.raises(ValueError, match="n at least 2"):
        coherence(walk[:1])
