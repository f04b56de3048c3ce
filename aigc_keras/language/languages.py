"""The languages captions are written in."""

import re

import numpy as np

LANGUAGES = ("en", "zh")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def language_of(caption):
    """Return the language of a caption: `"zh"` with a Chinese character, else `"en"`.

    Args:
        caption: str.

    Example:
    >>> from aigc_keras.language.languages import language_of
    >>> language_of("a red circle")
    'en'
    """
    return "zh" if _CHINESE.search(caption) else "en"


def language_places(captions):
    """Return the languages of captions as places in `LANGUAGES`, an int32 array."""
    places = [LANGUAGES.index(language_of(caption)) for caption in captions]
    return np.array(places, "int32")
