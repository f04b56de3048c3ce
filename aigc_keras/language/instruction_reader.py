"""Reads what a sentence asks of a picture: a caption becomes another caption."""

import unicodedata

import numpy as np

from aigc_keras.language.causal_lm import train_causal_lm
from aigc_keras.language.language_model import GPT2LanguageModel
from aigc_keras.language.text_encoder import check_captions

SEPARATOR = "|"
SEQUENCE_LENGTH = 128
END_MARKS = " .!?。！？"


class InstructionReader:
    """Writes what a picture should show once a sentence about it was followed.

    GPT-2, trained as a language model on lines `caption | sentence | new caption` and
    asked for the rest of `caption | sentence |`. A sentence may be an instruction or
    the new caption itself. One that asks for nothing the reader knows gives the caption
    back unchanged.

    Reference: Brooks et al., 2023, "InstructPix2Pix" (sec. 3.1: a GPT writes the edited
    caption). Deviation: theirs is GPT-3 and writes the instruction too.

    Args:
        language_model: `GPT2LanguageModel`. Trained by `fit`, in place.

    Example:
    >>> from aigc_keras.language import InstructionReader
    >>> triples = [("a red ring", "make it blue", "a blue ring")]
    >>> reader = InstructionReader.from_triples(triples, 260, num_layers=1)
    >>> losses = reader.fit(triples)
    >>> len(reader.read(["a red ring"], ["make it blue"]))
    1
    """

    def __init__(self, language_model):
        self.language_model = language_model

    @classmethod
    def from_triples(cls, triples, vocabulary_size=512, num_layers=3, **kwargs):
        """Build a reader with a vocabulary trained on triples, its GPT-2 untrained.

        Args:
            triples: Iterable of `(caption, sentence, new caption)`, three str.
            vocabulary_size: int. See `train_tokenizer`.
            num_layers: int. Transformer blocks.
            **kwargs: Passed to `GPT2TextEncoder.from_captions`, such as `seed`.
        """
        lines = [text for triple in triples for text in _line(*triple)[1:]]
        kwargs = {"sequence_length": SEQUENCE_LENGTH, **kwargs}
        model = GPT2LanguageModel.from_captions(
            lines, vocabulary_size, num_layers=num_layers, epochs=0, **kwargs
        )
        return cls(model)

    def fit(
        self,
        triples,
        epochs=1,
        learning_rate=2e-3,
        batch_size=128,
        seed=0,
        on_batch=None,
    ):
        """Train on triples, in place; only the new captions' tokens count.

        Args:
            triples: Iterable of `(caption, sentence, new caption)`, three str.
            epochs: int. Passes over them.
            learning_rate: float. The highest of its schedule.
            batch_size: int. Triples a step.
            seed: int. Seeds the order.
            on_batch: Function `(done, total)` called after each step, for progress.

        Returns:
            List of the mean loss in nats a token, one float an epoch.

        Raises:
            CaptionError: If a text is empty, too long or not text.
        """
        prompts, lines = zip(*(_line(*triple) for triple in triples), strict=True)
        model = self.language_model
        token_ids, mask = model.tokenize(lines)
        # A prompt alone has an end token where the line goes on.
        asked = model.tokenize(prompts)[1].sum(axis=1) - 1
        counted = mask & (np.arange(mask.shape[1]) >= asked[:, None])
        return train_causal_lm(
            model.backbone,
            token_ids,
            mask,
            epochs,
            seed,
            batch_size,
            on_batch,
            learning_rate,
            counted,
        )

    def read(self, captions, sentences, batch_size=256, on_batch=None):
        """Return what pictures should show.

        Args:
            captions: Sequence of n str, what they show.
            sentences: Sequence of n str, what is said of each.
            batch_size: int. Sentences at a time.
            on_batch: Function `(done, total)` called after each batch, for progress.

        Returns:
            List of n str. Where a sentence says nothing that the reader knows, it is
            the caption as it was.

        Raises:
            CaptionError: If a text is empty, too long or not text.
            ValueError: If the numbers differ, or a caption and a sentence together are
                too long.
        """
        captions, sentences = check_captions(captions), check_captions(sentences)
        if len(captions) != len(sentences):
            raise ValueError(
                "`captions` and `sentences` must be equally many. Received: "
                f"{len(captions)} captions and {len(sentences)} sentences"
            )
        prompts = [_prompt(*pair) for pair in zip(captions, sentences, strict=True)]
        written = self.language_model.complete(prompts, batch_size, on_batch)
        # Nothing written is nothing understood.
        return [new or old for new, old in zip(written, captions, strict=True)]

    def save_to_preset(self, folder):
        """Write the reader's GPT-2 to a folder that `from_preset` reads."""
        self.language_model.save_to_preset(folder)

    @classmethod
    def from_preset(cls, folder):
        """Read a reader from a folder that `save_to_preset` wrote.

        Raises:
            ValueError: If the folder holds no GPT-2.
        """
        return cls(GPT2LanguageModel.from_preset(folder))


def plain_sentence(text):
    """Return a sentence as the reader sees it: small letters, no mark at its end."""
    text = unicodedata.normalize("NFKC", text).lower().strip()
    return text.rstrip(END_MARKS) or text


def _prompt(caption, sentence):
    parts = (caption, plain_sentence(sentence))
    # A separator of the user's own would be read as ours.
    caption, sentence = (part.replace(SEPARATOR, "/") for part in parts)
    return f"{caption} {SEPARATOR} {sentence} {SEPARATOR}"


def _line(caption, sentence, new_caption):
    """Return what is asked, and the whole line."""
    prompt = _prompt(caption, sentence)
    return prompt, f"{prompt} {new_caption.replace(SEPARATOR, '/')}"
