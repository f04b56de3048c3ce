"""Reads tables of what people say, which lie beside their data set as TOML."""

import pathlib
import tomllib
import types

LANGUAGES = ("en", "zh")


def read_sentences(module_file, name):
    """Return the tables of each language.

    Args:
        module_file: str. The `__file__` of a module in the folder of the tables.
        name: str. They are in `<name>_en.toml` and `<name>_zh.toml`.

    Returns:
        Dict from `"en"` and `"zh"` to a namespace with a table or list by name.
    """
    folder = pathlib.Path(module_file).parent
    tables = {}
    for language in LANGUAGES:
        text = (folder / f"{name}_{language}.toml").read_text(encoding="utf-8")
        tables[language] = types.SimpleNamespace(**tomllib.loads(text))
    return tables
