"""Which emoji there are, and what they are called in English and Chinese."""

import dataclasses
import re

import emoji

from aigc_keras.datasets.noto_emoji.kinds import kind_of

SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
TONE_IN_NAME = re.compile(r" ((?:medium-)?(?:light|dark)|medium) skin tone")
REGIONS = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
SUBDIVISION_FLAG = "\U0001f3f4\U000e0067"


@dataclasses.dataclass(frozen=True)
class Emoji:
    """One emoji and its names.

    Args:
        text: str. The code points.
        english: Tuple of str. Names, the Unicode one first.
        chinese: str. The Unicode name in Chinese.
        kind: Tuple of str, what it is in English and Chinese, or None; see `kind_of`.
    """

    text: str
    english: tuple
    chinese: str
    kind: tuple | None = None

    @property
    def has_skin_tone(self):
        """Whether a skin tone is chosen."""
        return bool(SKIN_TONES.search(self.text))

    @property
    def family(self):
        """The emoji without its skin tones: what its variants have in common."""
        return SKIN_TONES.sub("", self.text).replace("\ufe0f", "")

    def captions(self):
        """Return captions and their languages, `"en"` or `"zh"`.

        The last caption of a language says what kind of thing it is: from that a model
        knows what to draw under a name that it has not seen.
        """
        kind, chinese_kind = self.kind or ("a drawing", "图画")
        name = self.english[0]
        english = [*self.english, f"an emoji of {name}", f"{name}, {kind}"]
        chinese = [
            self.chinese,
            f"{self.chinese}的表情符号",
            f"{self.chinese}，{chinese_kind}",
        ]
        languages = ["en"] * len(english) + ["zh"] * len(chinese)
        return english + chinese, languages


def list_emoji():
    """Return every fully qualified emoji that the package `emoji` knows, in its order.

    Reference: Unicode Technical Standard 51; names from the Unicode CLDR.
    """
    emoji.config.load_language("zh")
    wanted = emoji.STATUS["fully_qualified"]
    return [
        Emoji(
            text,
            _english_names(text, entry),
            _chinese_name(text, entry["zh"]),
            kind_of(SKIN_TONES.sub("", text)),
        )
        for text, entry in emoji.EMOJI_DATA.items()
        if entry["status"] == wanted
    ]


def _english_names(text, entry):
    names = [_words(name) for name in (entry["en"], *entry.get("alias", ()))]
    if _is_flag(text):
        return (f"flag of {names[0]}",)
    # Short codes such as "fr" or "+1" say nothing to a reader.
    names = [name for name in names if len(name) > 2 and name[0].isalpha()] or names
    return tuple(dict.fromkeys(_say_tone(name) for name in names))


def _words(code):
    return code.strip(":").replace("_", " ")


def _say_tone(name):
    tones = TONE_IN_NAME.findall(name)
    plain = TONE_IN_NAME.sub("", name)
    return f"{plain}, {' and '.join(tones)} skin tone" if tones else plain


def _chinese_name(text, code):
    name, *details = code.strip(":").split("_")
    if _is_flag(text):
        # Two countries share a name and are told apart by a detail.
        return f"{name}{''.join(f'（{detail}）' for detail in details)}旗"
    return "，".join([name, *details])


def _is_flag(text):
    return bool(REGIONS.fullmatch(text)) or text.startswith(SUBDIVISION_FLAG)
