"""A user's own dialogues about pictures, as JSONL."""

import json
import pathlib

from aigc_keras.datasets.caption_rules import clean_caption
from aigc_keras.datasets.errors import DatasetError, describe_fault
from aigc_keras.undo_history import UndoHistory

WITH_TEXT = ("draw", "say", "no")
WITHOUT_TEXT = ("undo", "redo", "more", "save")
_FORM = (
    'A line must be a JSON object {"picture": caption or null, "turns": [...]}, and a '
    'turn {"user": sentence} with one of "draw", "say" and "no" and its text, or of '
    '"undo", "redo", "more" and "save" and true.'
)


def read_dialogues(path):
    """Read a JSONL file with one dialogue a line.

    `{"picture": "a red house", "turns": [{"user": "paint it blue", "draw": "a blue
    house"}, {"user": "what is it?", "say": "a house"}, {"user": "back", "undo":
    true}]}`. `picture` is the caption of what is there at first; without it there is
    nothing.

    Args:
        path: Path.

    Returns:
        List of tuples `(caption, sentence, kind, text)` as `DialogueReader.fit` takes
        them; the caption follows from the turns before.

    Raises:
        DatasetError: If there is no such file, it holds nothing, or a line is not as
            above.
    """
    try:
        lines = pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"Dialogues must be a JSONL file in UTF-8. Received: {path} "
            f"({describe_fault(error)})"
        ) from error
    turns = [
        turn
        for number, line in enumerate(lines, 1)
        if line.strip()
        for turn in _read_line(line, f"{path}, line {number}")
    ]
    if not turns:
        raise DatasetError(f"Dialogues must hold a turn. Received: {path}, empty")
    return turns


def _read_line(line, place):
    try:
        dialogue = json.loads(line)
        history = UndoHistory(_text(dialogue.get("picture") or "", True))
        turns = []
        for turn in dialogue["turns"]:
            sentence = _text(turn["user"])
            (kind,) = (name for name in turn if name != "user")
            if kind in WITH_TEXT:
                text = _text(turn[kind])
            elif kind in WITHOUT_TEXT and turn[kind] is True:
                text = ""
            else:
                raise ValueError(kind)
            turns.append((history.current, sentence, kind, text))
            if kind == "draw":
                history.push(text)
            elif kind in ("undo", "redo"):
                getattr(history, kind)()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{_FORM} Received: {place} ({error!r})") from error
    return turns


def _text(value, may_be_empty=False):
    if not isinstance(value, str) or not (clean_caption(value) or may_be_empty):
        raise ValueError(f"a text that is not empty was expected, got {value!r}")
    return clean_caption(value) if value else value
