"""Cleaning captions and counting what goes."""

import collections

import pytest

from aigc_keras.datasets import CaptionRules, DatasetError
from aigc_keras.datasets.caption_rules import clean_caption, length_statistics


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a\tred \n circle ", "a red circle"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\x00b\x07c", "abc"),
        ("a\ud800b", "ab"),
        ("红色\u3000圆形", "红色 圆形"),
        ("\u200d", "\u200d"),
        ("", ""),
    ],
)
def test_a_clean_caption(text, expected):
    assert clean_caption(text) == expected
    assert clean_caption(expected) == expected


def test_what_is_dropped_is_counted():
    counts = collections.Counter()
    captions = ["a cat", " ", "a  cat", "x" * 1001, "a dog"]
    assert CaptionRules().apply(captions, counts) == ["a cat", "a dog"]
    assert counts == {"empty": 1, "duplicate": 1, "too long": 1}


def test_filters():
    counts = collections.Counter()
    rules = CaptionRules(min_characters=4, max_characters=9, pattern="c[ao]t")
    captions = ["cat", "a cat", "a dog", "the whole cot"]
    assert rules.apply(captions, counts) == ["a cat"]
    assert counts == {"too short": 1, "no match": 1, "too long": 1}


@pytest.mark.parametrize(
    "arguments",
    [
        {"min_characters": 0},
        {"min_characters": 9, "max_characters": 8},
        {"max_characters": 2000},
        {"pattern": "("},
    ],
)
def test_rules_that_cannot_be_kept_are_refused(arguments):
    with pytest.raises(DatasetError, match="Received"):
        CaptionRules(**arguments)


def test_lengths():
    assert length_statistics(["ab", "abcd", "abc"]) == {
        "number": 3,
        "min": 2,
        "median": 3,
        "mean": 3.0,
        "max": 4,
    }
    assert length_statistics([])["number"] == 0
