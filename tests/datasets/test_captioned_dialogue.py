"""A user's own dialogues are read, or refused in one line."""

import json

import pytest

from aigc_keras.datasets.captioned_dialogue import read_dialogues
from aigc_keras.datasets.errors import DatasetError


def write(path, *dialogues):
    lines = [json.dumps(one, ensure_ascii=False) for one in dialogues]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_caption_follows_from_the_turns_before(tmp_path):
    path = write(
        tmp_path / "chats.jsonl",
        {
            "picture": "a red house",
            "turns": [
                {"user": "paint it blue", "draw": "a blue  house"},
                {"user": "what is it?", "say": "a house"},
                {"user": "back", "undo": True},
                {"user": "画只猫", "no": "不会"},
            ],
        },
        {"turns": [{"user": "a tree", "draw": "a green tree"}]},
    )
    assert read_dialogues(path) == [
        ("a red house", "paint it blue", "draw", "a blue house"),
        ("a blue house", "what is it?", "say", "a house"),
        ("a blue house", "back", "undo", ""),
        ("a red house", "画只猫", "no", "不会"),
        ("", "a tree", "draw", "a green tree"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "{}",
        '{"turns": [{"user": "a tree"}]}',
        '{"turns": [{"user": "a tree", "draw": ""}]}',
        '{"turns": [{"user": "a tree", "draw": 3}]}',
        '{"turns": [{"user": "a tree", "fly": true}]}',
        '{"turns": [{"user": "back", "undo": "yes"}]}',
        '{"turns": [{"user": "", "undo": true}]}',
        '{"turns": [{"user": "a", "undo": true, "redo": true}]}',
        '{"picture": 3, "turns": [{"user": "a", "undo": true}]}',
    ],
)
def test_a_line_that_is_no_dialogue_is_named(tmp_path, line):
    path = tmp_path / "chats.jsonl"
    path.write_text(f'{{"turns": [{{"user": "a", "say": "b"}}]}}\n{line}\n')
    with pytest.raises(DatasetError, match="chats.jsonl, line 2") as refused:
        read_dialogues(path)
    assert "\n" not in str(refused.value)


def test_no_file_and_an_empty_one_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="JSONL"):
        read_dialogues(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DatasetError, match="empty"):
        read_dialogues(tmp_path / "empty.jsonl")
