"""Trains GPT-2's byte-level BPE on captions."""

import json

import keras_nlp
import tokenizers

END_OF_TEXT = "<|endoftext|>"


def train_tokenizer(captions, vocabulary_size=1000):
    """Train a byte-level BPE vocabulary into a KerasNLP tokenizer.

    Every byte is in the vocabulary, so no text is unknown to it.

    Reference: Radford et al., 2019, "GPT-2" (sec. 2.2); Sennrich et al., 2016, "BPE".

    Args:
        captions: Iterable of str.
        vocabulary_size: int. Upper bound of the vocabulary, at least 257 (256 bytes
            and the end-of-text token). Default 1000.

    Returns:
        A `keras_nlp.models.GPT2Tokenizer`. The end-of-text token has id 0.

    Raises:
        ValueError: If `vocabulary_size` is under 257 or there is no caption.

    Example:
    >>> from aigc_keras.language import train_tokenizer
    >>> tokenizer = train_tokenizer(["a red circle", "a red star"], 260)
    >>> tokenizer.detokenize(tokenizer("a red disc"))
    'a red disc'
    """
    captions = list(captions)
    if vocabulary_size < 257:
        raise ValueError(
            "`vocabulary_size` must be at least 257: 256 bytes and the end-of-text "
            f"token. Received: vocabulary_size={vocabulary_size}"
        )
    if not captions:
        raise ValueError(
            "`captions` must hold at least one caption. Received: an empty sequence"
        )
    pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = pre_tokenizer
    model.train_from_iterator(
        captions,
        tokenizers.trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            special_tokens=[END_OF_TEXT],
            initial_alphabet=pre_tokenizer.alphabet(),
            show_progress=False,
        ),
    )
    merges = json.loads(model.to_str())["model"]["merges"]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in merges]
    return keras_nlp.models.GPT2Tokenizer(vocabulary=model.get_vocab(), merges=merges)
