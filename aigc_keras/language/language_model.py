"""GPT-2 as a language model: it writes captions and says how likely one is."""

import json
import math
import pathlib

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
from keras import ops

from aigc_keras.language.causal_lm import (
    length_sorted_batches,
    train_causal_lm,
    trim_padding,
)
from aigc_keras.language.graph_tokenizer import GraphTokenizer
from aigc_keras.language.text_encoder import (
    ENCODER_FILE,
    GPT2TextEncoder,
    check_captions,
    check_preset,
)

_FILE = "language_model.json"
# A new sampler is a new graph; a long-lived server should not keep every one.
_MOST_SAMPLERS = 8


class GPT2LanguageModel:
    """Writes captions with KerasNLP's `GPT2CausalLM`.

    Built by `from_captions` (a small GPT-2 and its vocabulary, trained on captions), by
    `from_preset` (a KerasNLP preset by name, or a folder), or from an encoder that was
    just trained on captions; `fit` trains it further.

    Args:
        tokenizer: `keras_nlp.models.GPT2Tokenizer`.
        backbone: `keras_nlp.models.GPT2Backbone` with the tokenizer's vocabulary.
        sequence_length: int. Tokens of a caption at most, default 64.

    Raises:
        ValueError: If `sequence_length` is longer than the backbone's.

    Example:
    >>> from aigc_keras.language import GPT2LanguageModel
    >>> captions = ["a red circle", "a red star"]
    >>> model = GPT2LanguageModel.from_captions(captions, 260, hidden_dim=8, epochs=1)
    >>> len(model.generate("a red", num=3, seed=1))
    3
    """

    def __init__(self, tokenizer, backbone, sequence_length=64):
        self._encoder = GPT2TextEncoder(tokenizer, backbone, sequence_length)
        self.tokenizer = tokenizer
        self.backbone = backbone
        self.sequence_length = sequence_length
        self.prompt_tokenizer = GraphTokenizer.from_tokenizer(
            tokenizer,
            sequence_length,
            start_token_id=tokenizer.start_token_id,
            # What is still to be written must not look like an end.
            pad_token_id=int(tokenizer.end_token_id == 0),
        )
        self._samplers = {}
        self._scorer = None

    @classmethod
    def from_captions(cls, captions, vocabulary_size=512, **kwargs):
        """Train a vocabulary and a small GPT-2 on captions.

        Args:
            captions: Iterable of str.
            vocabulary_size: int. See `train_tokenizer`.
            **kwargs: Passed to `GPT2TextEncoder.from_captions`, such as `epochs`.
        """
        encoder = GPT2TextEncoder.from_captions(captions, vocabulary_size, **kwargs)
        return cls(encoder.tokenizer, encoder.backbone, encoder.sequence_length)

    @classmethod
    def from_encoder(cls, encoder):
        """Copy an encoder's GPT-2 as it stands, so that both can be trained apart."""
        copy = encoder.copy()
        return cls(copy.tokenizer, copy.backbone, copy.sequence_length)

    @classmethod
    def from_preset(cls, preset, sequence_length=64):
        """Load a KerasNLP GPT-2 preset by name, or a folder by path.

        Args:
            preset: str. Such as `"gpt2_base_en"`, or a folder written by
                `save_to_preset` of this class, of `GPT2TextEncoder` or of KerasNLP.
            sequence_length: int. Only used where the folder does not say its own.

        Raises:
            ValueError: If there is no such preset or folder.
        """
        check_preset(preset)
        for name in (_FILE, ENCODER_FILE):
            path = pathlib.Path(str(preset)) / name
            if path.is_file():
                sequence_length = json.loads(path.read_text())["sequence_length"]
                break
        tokenizer = keras_nlp.models.GPT2Tokenizer.from_preset(str(preset))
        backbone = keras_nlp.models.GPT2Backbone.from_preset(
            str(preset), dtype="float32"
        )
        # An encoder's GPT-2 was frozen when it was saved.
        backbone.trainable = True
        return cls(tokenizer, backbone, sequence_length)

    def save_to_preset(self, folder):
        """Write tokenizer and backbone to a folder that `from_preset` reads."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.backbone.save_to_preset(str(folder))
        self.tokenizer.save_to_preset(str(folder))
        config = {"sequence_length": self.sequence_length}
        (folder / _FILE).write_text(json.dumps(config))

    def fit(
        self,
        captions,
        epochs=2,
        learning_rate=2e-3,
        batch_size=128,
        seed=0,
        on_batch=None,
    ):
        """Train on captions, in place.

        Args:
            captions: Iterable of str.
            epochs: int. Passes over them.
            learning_rate: float. The highest of its schedule. The default suits a small
                GPT-2; a preset of OpenAI's size wants about 5e-5.
            batch_size: int. Captions a step.
            seed: int. Seeds the order.
            on_batch: Function `(done, total)` called after each step, for progress.

        Returns:
            List of the mean loss in nats a token, one float an epoch.

        Raises:
            CaptionError: If a caption is empty, too long or not text.
        """
        token_ids, padding_mask = self.tokenize(captions)
        return train_causal_lm(
            self.backbone,
            token_ids,
            padding_mask,
            epochs,
            seed,
            batch_size,
            on_batch,
            learning_rate,
        )

    def tokenize(self, captions):
        """Return token ids and mask; see `GPT2TextEncoder.tokenize`."""
        return self._encoder.tokenize(captions)

    def generate(
        self, prompt="", num=1, seed=0, temperature=1.0, top_k=None, top_p=None
    ):
        """Write captions that begin with a prompt.

        Args:
            prompt: str. The beginning; empty for captions from scratch.
            num: int. How many, all of them written at once.
            seed: int. The same arguments write the same captions.
            temperature: float. Below 1 more typical, above 1 more daring; 0 always
                takes the likeliest token.
            top_k: int. Only the likeliest so many tokens, or None.
            top_p: float. Only the likeliest tokens that together reach this
                probability (Holtzman et al., 2020, "nucleus sampling"), or None.

        Returns:
            List of `num` str, prompt included.

        Raises:
            ValueError: If an argument is out of range, or the prompt leaves no room
                within `sequence_length` tokens.
        """
        _check_sampling(num, temperature, top_k, top_p)
        prompt = check_captions([prompt])[0] if prompt.strip() else ""
        token_ids, mask = self.prompt_tokenizer(tf.constant([prompt]))
        self._check_room(prompt, np.sum(mask))
        model, sampler = self._sampling_model(temperature, top_k, top_p)
        sampler.seed_generator.state.assign([seed % 2**32, 0])
        written = model.generate(
            {
                "token_ids": np.repeat(token_ids, num, axis=0),
                "padding_mask": np.repeat(mask, num, axis=0),
            },
            stop_token_ids=(self.tokenizer.end_token_id,),
        )
        rows = zip(written["token_ids"], written["padding_mask"], strict=True)
        return [self.decode(ids[kept]) for ids, kept in rows]

    def complete(self, prompts, batch_size=256, on_batch=None):
        """Write the likeliest end of each of several prompts, token by token.

        Args:
            prompts: Iterable of str.
            batch_size: int. Prompts at a time.
            on_batch: Function `(done, total)` called after each batch, for progress.

        Returns:
            List of str, one a prompt, without the prompt.

        Raises:
            CaptionError: If a prompt is empty, too long or not text.
            ValueError: If a prompt leaves no room within `sequence_length` tokens.
        """
        prompts = check_captions(prompts)
        model, _ = self._sampling_model(0, None, None)
        texts, starts = [], range(0, len(prompts), batch_size)
        for done, start in enumerate(starts, 1):
            batch = prompts[start : start + batch_size]
            token_ids, mask = map(np.asarray, self.prompt_tokenizer(tf.constant(batch)))
            lengths = mask.sum(axis=1)
            self._check_room(batch[lengths.argmax()], lengths.max())
            written = model.generate(
                {"token_ids": token_ids, "padding_mask": mask},
                stop_token_ids=(self.tokenizer.end_token_id,),
            )
            columns = np.arange(self.sequence_length)
            kept = written["padding_mask"] & (columns >= lengths[:, None])
            rows = zip(written["token_ids"], kept, strict=True)
            texts += [self.decode(ids[here]) for ids, here in rows]
            if on_batch:
                on_batch(done, len(starts))
        return texts

    def decode(self, token_ids):
        """Return the text of one row of token ids, without end-of-text tokens."""
        kept = [int(i) for i in token_ids if i != self.tokenizer.end_token_id]
        return str(self.tokenizer.detokenize(kept)).strip() if kept else ""

    def perplexity(self, captions, batch_size=256):
        """Return the perplexity of captions: e to the mean loss in nats a token.

        The end of each caption counts as a token, its start does not.

        Args:
            captions: Iterable of str, at least one.
            batch_size: int. Captions at a time.

        Raises:
            ValueError: If there is no caption.
        """
        token_ids, padding_mask = self._encoder.tokenize(captions)
        if not len(token_ids):
            raise ValueError("`captions` must hold a caption. Received: none")
        if self._scorer is None:
            self._scorer = tf.function(
                self._token_losses, reduce_retracing=True, autograph=False
            )
        total, count = 0.0, 0
        for rows in length_sorted_batches(padding_mask, batch_size):
            ids, mask = trim_padding(token_ids[rows], padding_mask[rows])
            losses = self._scorer(tf.constant(ids), tf.constant(mask)).numpy()
            total += float(losses[mask[:, 1:]].sum(dtype="float64"))
            count += int(mask[:, 1:].sum())
        return math.exp(total / count)

    def _check_room(self, prompt, length):
        if length >= self.sequence_length:
            raise ValueError(
                "`prompt` must leave room to write; shorten it. Received: a prompt of "
                f"{self.sequence_length} tokens or more, starting {prompt[:30]!r}"
            )

    def _token_losses(self, token_ids, padding_mask):
        features = self.backbone(
            {"token_ids": token_ids[:, :-1], "padding_mask": padding_mask[:, :-1]}
        )
        logits = self.backbone.token_embedding(features, reverse=True)
        return keras.losses.sparse_categorical_crossentropy(
            token_ids[:, 1:], ops.cast(logits, "float32"), from_logits=True
        )

    def _sampling_model(self, temperature, top_k, top_p):
        key = (temperature, top_k, top_p)
        if key not in self._samplers:
            while len(self._samplers) >= _MOST_SAMPLERS:
                del self._samplers[next(iter(self._samplers))]
            most = self.backbone.vocabulary_size
            sampler = keras_nlp.samplers.TopPSampler(
                p=1.0 if top_p is None else top_p,
                k=1 if temperature == 0 else min(top_k or most, most),
                temperature=temperature or 1.0,
                seed=0,
            )
            model = keras_nlp.models.GPT2CausalLM(self.backbone)
            model.compile(sampler=sampler, jit_compile=False)
            self._samplers[key] = (model, sampler)
        return self._samplers[key]


def _check_sampling(num, temperature, top_k, top_p):
    if num < 1:
        raise ValueError(f"`num` must be at least 1. Received: num={num}")
    if not 0 <= temperature <= 100:
        raise ValueError(
            "`temperature` must lie between 0 (always the likeliest token) and 100. "
            f"Received: temperature={temperature}"
        )
    if top_k is not None and top_k < 1:
        raise ValueError(f"`top_k` must be at least 1. Received: top_k={top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(
            f"`top_p` must lie above 0 and at most at 1. Received: top_p={top_p}"
        )
