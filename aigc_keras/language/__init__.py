"""GPT-2: tokenizer, language model, text encoder and its cache."""

from aigc_keras.language.caption_cache import encode_captions
from aigc_keras.language.dialogue_reader import Action, DialogueReader
from aigc_keras.language.instruction_reader import InstructionReader
from aigc_keras.language.language_model import GPT2LanguageModel
from aigc_keras.language.languages import (
    LANGUAGES,
    language_of,
    language_places,
)
from aigc_keras.language.text_encoder import (
    CaptionError,
    GPT2TextEncoder,
    check_captions,
)
from aigc_keras.language.tokenizer import train_tokenizer

__all__ = [
    "LANGUAGES",
    "Action",
    "CaptionError",
    "DialogueReader",
    "GPT2LanguageModel",
    "GPT2TextEncoder",
    "InstructionReader",
    "check_captions",
    "encode_captions",
    "language_of",
    "language_places",
    "train_tokenizer",
]
