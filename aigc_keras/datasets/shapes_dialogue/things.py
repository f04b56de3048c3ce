"""Names of things in the world, none of them a shape."""

import functools

from aigc_keras.datasets.noto_emoji.names import list_emoji

# Things that have one of these in their name are shapes after all.
_SHAPES = {
    "en": (
        "circle",
        "square",
        "triang",
        "star",
        "cross",
        "ring",
        "disc",
        "box",
        "plus",
    ),
    "zh": ("圆", "方", "三角", "星", "十字", "环", "圈", "加号"),
}


@functools.cache
def name_things():
    """Return a dict from language to the names of emoji, things of every kind."""
    names = {"en": [], "zh": []}
    for one in list_emoji():
        if one.has_skin_tone:
            continue
        names["en"].append(one.english[0].lower())
        names["zh"].append(one.chinese.split("，")[0])
    return {
        language: sorted(
            {
                text
                for text in texts
                if not any(word in text for word in _SHAPES[language])
                and len(text) < 30
            }
        )
        for language, texts in names.items()
    }
