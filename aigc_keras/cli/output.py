"""What a command prints: one JSON object, or lines for people."""

import json


def print_result(result, as_json, lines):
    """Print a command's result on stdout.

    Args:
        result: Dict for `--json`.
        as_json: bool. Whether `--json` was given.
        lines: Iterable of str for people.
    """
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for line in lines:
            print(line)
