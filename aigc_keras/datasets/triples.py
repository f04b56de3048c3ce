"""A user's own examples of what sentences ask of pictures."""

import json
import pathlib

from aigc_keras.datasets.caption_rules import clean_caption
from aigc_keras.datasets.errors import DatasetError, describe_fault

KEYS = ("caption", "sentence", "new_caption")


def read_triples(path):
    """Read a JSONL file with `caption`, `sentence` and `new_caption` in each line.

    Args:
        path: Path.

    Returns:
        List of tuples of three str.

    Raises:
        DatasetError: If there is no such file, it holds nothing, or a line is not as
            above.
    """
    try:
        lines = pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"Instructions must be a JSONL file in UTF-8. Received: {path} "
            f"({describe_fault(error)})"
        ) from error
    triples = [
        _read_line(line, f"{path}, line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]
    if not triples:
        raise DatasetError(f"Instructions must hold a line. Received: {path}, empty")
    return triples


def _read_line(line, place):
    try:
        entry = json.loads(line)
        texts = tuple(entry[key] for key in KEYS)
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise DatasetError(
            f"A line must be a JSON object with {', '.join(KEYS)}. "
            f"Received: {place} ({error!r})"
        ) from error
    if not all(isinstance(text, str) and clean_caption(text) for text in texts):
        raise DatasetError(
            f"{', '.join(KEYS)} must be texts that are not empty. Received: {place}"
        )
    return tuple(map(clean_caption, texts))
