"""GPT-2: tokenizer, language model, text encoder and its cache."""

from aigc_keras.language.caption_cache import encode_captions
from aigc_keras.language.text_encoder import (
    CaptionError,
    GPT2TextEncoder,
    check_captions,
)
from aigc_keras.language.tokenizer import train_tokenizer

__all__ = [
    "CaptionError",
    "GPT2TextEncoder",
    "check_captions",
    "encode_captions",
    "train_tokenizer",
]
