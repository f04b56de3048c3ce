"""A user's own examples of instructions."""

import json

import pytest

from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.triples import read_triples

GOOD = {"caption": "一只猫", "sentence": " make  it a dog", "new_caption": "a dog"}


def test_lines_are_read_and_cleaned(tmp_path):
    path = tmp_path / "triples.jsonl"
    line = json.dumps(GOOD, ensure_ascii=False)
    # A byte order mark, an empty line, another key.
    other = json.dumps({**GOOD, "from": "me"})
    path.write_text(f"\ufeff{line}\n\n{other}\n", encoding="utf-8")
    assert read_triples(path) == [("一只猫", "make it a dog", "a dog")] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must hold a line"),
        ("{", "line 1"),
        ("[1, 2]", "line 1"),
        ('{"caption": "a cat", "sentence": "x"}', "new_caption"),
        (json.dumps({**GOOD, "sentence": " "}), "not empty"),
        (json.dumps({**GOOD, "sentence": 3}), "not empty"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, said):
    path = tmp_path / "triples.jsonl"
    path.write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_triples(path)


def test_a_file_must_be_there_and_be_text(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00\xd8")
    for name in ("nowhere", "bytes"):
        with pytest.raises(DatasetError, match=name):
            read_triples(tmp_path / name)
