"""The page's words, in either language."""

import gradio as gr
import pytest

from aigc_keras.studio.texts import LANGUAGES, TEXTS
from aigc_keras.studio.wording import Wording


def test_either_language_says_everything():
    assert set(TEXTS) == set(LANGUAGES)
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()
    assert all(text for texts in TEXTS.values() for text in texts.values())


def test_parts_get_other_words():
    wording = Wording("zh")
    with gr.Blocks(analytics_enabled=False):
        button = wording.make(gr.Button, value="_send")
        field = wording.make(gr.Textbox, label="_caption", placeholder="_caption_hint")
    assert button.value == TEXTS["zh"]["send"]
    assert wording.components == [button, field]
    changed = wording.change("en")
    assert changed[0].value == "Send"
    assert changed[1].label == TEXTS["en"]["caption"]
    assert changed[1].placeholder == TEXTS["en"]["caption_hint"]


def test_other_languages_are_refused():
    with pytest.raises(ValueError, match="one of en, zh.*'fr'"):
        Wording("fr")
