"""Emoji: their names, their drawings, and the font that may be missing."""

import numpy as np
import pytest

from aigc_keras.datasets import DatasetError, load_dataset
from aigc_keras.datasets.noto_emoji import drawings
from aigc_keras.datasets.noto_emoji.drawings import BACKGROUND, EmojiFont
from aigc_keras.datasets.noto_emoji.names import Emoji, list_emoji
from aigc_keras.datasets.noto_emoji.noto_emoji_dataset_builder import Builder, split_of


@pytest.fixture(scope="module")
def font():
    try:
        return EmojiFont()
    except DatasetError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def by_text():
    return {item.text: item for item in list_emoji()}


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("🐱", "cat face", "猫脸"),
        ("🇩🇪", "flag of Germany", "德国旗"),
        ("👩🏽‍🚀", "woman astronaut, medium skin tone", "女宇航员，中等肤色"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "flag of England", "英格兰旗"),
    ],
)
def test_names(by_text, text, english, chinese):
    captions, languages = by_text[text].captions()
    assert captions[0] == english and languages[0] == "en"
    assert captions[languages.index("zh")] == chinese
    assert len(captions) == len(languages) == len(set(captions))


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("🐩", "poodle, a mammal", "贵宾犬，哺乳动物"),
        ("👩🏽‍🚀", "woman astronaut, medium skin tone, a person in a role", None),
        ("☃️", "snowman, the sky and weather", "雪与雪人，天空与天气"),
        ("🇩🇪", "flag of Germany, a flag", "德国旗，旗帜"),
    ],
)
def test_the_last_caption_says_the_kind(by_text, text, english, chinese):
    captions, languages = by_text[text].captions()
    assert captions[languages.index("zh") - 1] == english
    assert chinese is None or captions[-1] == chinese


def test_every_kind_has_words_in_both_languages(by_text):
    kinds = [item.kind for item in by_text.values()]
    # Emoji that are newer than the list of kinds have none.
    assert kinds.count(None) < 0.02 * len(kinds)
    assert len({kind for kind in kinds if kind}) > 90
    assert all(
        kind is None or (kind[0].isascii() and not kind[1].isascii()) for kind in kinds
    )


def test_an_emoji_of_unknown_kind_is_a_drawing():
    captions, _ = Emoji("?", ("pickle",), "腌黄瓜").captions()
    assert captions[2] == "pickle, a drawing" and captions[-1] == "腌黄瓜，图画"


def test_there_are_thousands_and_their_captions_are_clean(by_text):
    assert len(by_text) > 3_700
    assert sum(not item.has_skin_tone for item in by_text.values()) > 1_800
    for item in by_text.values():
        for caption in item.captions()[0]:
            assert caption == " ".join(caption.split())
            assert ":" not in caption and "_" not in caption


def test_variants_share_a_split(by_text):
    families = {}
    for item in by_text.values():
        families.setdefault(item.family, set()).add(split_of(item.family))
    assert all(len(splits) == 1 for splits in families.values())
    shares = [split_of(family) for family in families]
    assert 0.85 < shares.count("train") / len(shares) < 0.94


def test_drawings_differ_and_stand_on_the_background(font):
    cat, dog = font.draw("🐱"), font.draw("🐶")
    assert cat.shape == (136, 136, 3) and cat.dtype == np.uint8
    assert np.abs(cat.astype(int) - dog).mean() > 5
    assert cat[0, 0].tolist() == list(BACKGROUND)
    # A sequence is one drawing, not its parts side by side.
    family = font.draw("👨‍👩‍👧")
    assert family is not None and (family != 255).mean() > 0.1


def test_what_the_font_does_not_have_is_left_out(font):
    assert font.draw(drawings.NO_EMOJI) is None
    assert font.draw("🐱🐶") is None


def test_a_data_set_in_two_languages(font, tmp_path):
    dataset = load_dataset(
        "noto_emoji", "test", image_size=32, prepared_dir=tmp_path, batch_size=8
    )
    assert 60 < dataset.num_images < 140
    assert dataset.images.shape[1:] == (32, 32, 3)
    assert any(not caption.isascii() for caption in dataset.captions[0])
    assert dataset.images.std(axis=0).mean() > 20
    splits = Builder(data_dir=tmp_path).info.splits
    assert 1_650 < splits["train"].num_examples < 1_850


def test_a_missing_font_names_the_package_and_the_flag(tmp_path, monkeypatch):
    monkeypatch.setattr(drawings, "FONT_PATHS", ())
    with pytest.raises(DatasetError, match=r"fonts-noto-color-emoji.*--font"):
        load_dataset("noto_emoji", prepared_dir=tmp_path)
    with pytest.raises(DatasetError, match="Received: .*nowhere"):
        load_dataset("noto_emoji", prepared_dir=tmp_path, font=tmp_path / "nowhere")
    (tmp_path / "text.ttf").write_text("not a font")
    with pytest.raises(DatasetError, match="must be the bitmap font"):
        load_dataset("noto_emoji", prepared_dir=tmp_path, font=tmp_path / "text.ttf")
