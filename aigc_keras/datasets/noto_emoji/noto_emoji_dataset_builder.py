"""The tfds builder `noto_emoji`."""

import functools
import hashlib

import tensorflow_datasets as tfds

from aigc_keras.datasets.noto_emoji.drawings import CANVAS, EmojiFont
from aigc_keras.datasets.noto_emoji.names import list_emoji
from aigc_keras.datasets.record_builder import RecordBuilder

LANGUAGES = ("en", "zh")


class Builder(RecordBuilder):
    """Captioned drawings of the Noto Color Emoji font.

    An emoji that the installed font does not have is left out. The skin-tone variants
    of one emoji are always in the same split.

    Args:
        font: Path of `NotoColorEmoji.ttf`, or None to look where systems keep it.
        **kwargs: Passed to `RecordBuilder`.

    Raises:
        DatasetError: If the font is missing. Raised before anything is written.
    """

    VERSION = tfds.core.Version("1.1.0")
    RELEASE_NOTES = {
        "1.0.0": "First release.",
        "1.1.0": "Captions say what kind of thing it is.",
    }
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name="base", description="Without skin tones."),
        tfds.core.BuilderConfig(name="all", description="With all skin tones."),
    ]

    def __init__(self, font=None, **kwargs):
        super().__init__(**kwargs)
        self._font_path = font
        if not self.data_path.exists():
            EmojiFont(font)

    def _info(self):
        languages = tfds.features.ClassLabel(names=list(LANGUAGES))
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(CANVAS, CANVAS, 3)),
                    "captions": tfds.features.Sequence(tfds.features.Text()),
                    "languages": tfds.features.Sequence(languages),
                    "emoji": tfds.features.Text(),
                }
            ),
            homepage="https://github.com/googlefonts/noto-emoji",
        )

    def _split_generators(self, dl_manager):
        del dl_manager
        chosen = {"train": [], "validation": [], "test": []}
        for item in list_emoji():
            if self.builder_config.name == "all" or not item.has_skin_tone:
                chosen[split_of(item.family)].append(item)
        return {
            split: self._generate_examples(items) for split, items in chosen.items()
        }

    def _generate_examples(self, items):
        make = functools.partial(_draw, self._font_path)
        return self._make_examples(items, make)


def _draw(font_path, item):
    image = _open_font(font_path).draw(item.text)
    if image is None:
        return None
    captions, languages = item.captions()
    return item.text, {
        "image": image,
        "captions": captions,
        "languages": languages,
        "emoji": item.text,
    }


@functools.cache
def _open_font(path):
    """Open a font once a process."""
    return EmojiFont(path)


def split_of(family):
    """Return the split of an emoji: 90% train, 5% validation, 5% test."""
    place = hashlib.sha256(family.encode()).digest()[0]
    if place < 13:
        return "validation"
    return "test" if place < 26 else "train"
