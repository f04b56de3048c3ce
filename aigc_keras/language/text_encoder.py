"""GPT-2 as a text encoder: captions to token features and a sentence vector."""

import functools
import hashlib
import json
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
from aigc_keras.language.tokenizer import train_tokenizer
from aigc_keras.layers import AttentionPooling

MAX_CAPTION_CHARACTERS = 1000
ENCODER_FILE = "text_encoder.json"
_POOLER_FILE = "pooler.weights.h5"
# What a pooler may hold that Keras does not know where nothing else has imported it.
_POOLER_LAYERS = {"AttentionPooling": AttentionPooling}


class CaptionError(ValueError):
    """A caption that cannot be encoded, in one line that says why."""


def check_captions(captions):
    """Return captions as a list of stripped str, or say what is wrong with one.

    Args:
        captions: str or iterable of str.

    Raises:
        CaptionError: If a caption is not a string, is empty, is longer than 1,000
            characters, or holds a NUL byte or a lone surrogate.
    """
    captions = [captions] if isinstance(captions, str) else list(captions)
    return [_check_caption(caption) for caption in captions]


def is_caption(text):
    """Return whether `check_captions` accepts a text."""
    try:
        _check_caption(text)
    except CaptionError:
        return False
    return True


def _check_caption(caption):
    if isinstance(caption, bytes):
        caption = caption.decode("utf-8", errors="surrogateescape")
    if not isinstance(caption, str):
        raise CaptionError(
            f"A caption must be a string. Received: {type(caption).__name__}"
        )
    caption = caption.strip()
    if not caption:
        raise CaptionError(
            "A caption must hold at least one character, such as 'a small red circle'. "
            "Received: an empty caption"
        )
    if len(caption) > MAX_CAPTION_CHARACTERS:
        raise CaptionError(
            f"A caption must be at most {MAX_CAPTION_CHARACTERS} characters long; "
            f"shorten it. Received: {len(caption):,} characters, "
            f"starting {caption[:30]!r}"
        )
    if "\0" in caption:
        raise CaptionError(
            f"A caption must not hold a NUL byte; remove it. Received: {caption[:60]!r}"
        )
    if any("\ud800" <= character <= "\udfff" for character in caption):
        raise CaptionError(
            "A caption must be valid Unicode; remove the lone surrogate. "
            f"Received: {ascii(caption[:60])}"
        )
    return caption


@keras.saving.register_keras_serializable(package="aigc_keras")
class MeanAndLastPooling(keras.layers.Layer):
    """Concatenates the mean of the token features with the last token's features.

    It has no weights; it is what an encoder pools with before it has seen an image.

    Call arguments:
        tokens: `(batch, length, channels)` float.
        padding_mask: `(batch, length)` bool, True at real tokens.

    Returns:
        `(batch, 2 * channels)` float.
    """

    def call(self, tokens, padding_mask):
        """Pool; see the class docstring."""
        mask = ops.cast(padding_mask, tokens.dtype)[..., None]
        count = ops.maximum(ops.sum(mask, axis=1), 1)
        mean = ops.sum(tokens * mask, axis=1) / count
        last = ops.cast(count, "int32")[..., None] - 1
        last = ops.take_along_axis(tokens, last, axis=1)[:, 0]
        return ops.concatenate([mean, last], axis=-1)

    def compute_output_shape(self, tokens_shape, padding_mask_shape=None):
        """Return `(batch, 2 * channels)`."""
        return (tokens_shape[0], 2 * tokens_shape[-1])


class GPT2TextEncoder:
    """Turns captions into per-token features, a mask, and a pooled vector.

    Built by `from_captions` (a small GPT-2 and its vocabulary, trained on a data set's
    captions) or by `from_preset` (a KerasNLP preset by name, or a folder written by
    `save_to_preset`).

    Args:
        tokenizer: `keras_nlp.models.GPT2Tokenizer`.
        backbone: `keras_nlp.models.GPT2Backbone` with the tokenizer's vocabulary.
        sequence_length: int. Tokens a caption is cut or padded to, default 64.
        pooler: Functional model from `tokens` `(batch, length, hidden_dim)` and
            `padding_mask` to `(batch, text_dim)`; default: mean and last token.

    Raises:
        ValueError: If `sequence_length` is longer than the backbone's.
    """

    def __init__(self, tokenizer, backbone, sequence_length=64, pooler=None):
        if not 2 <= sequence_length <= backbone.max_sequence_length:
            raise ValueError(
                "`sequence_length` must lie between 2 and the backbone's "
                f"{backbone.max_sequence_length}. "
                f"Received: sequence_length={sequence_length}"
            )
        self.tokenizer = tokenizer
        self.backbone = backbone
        self.sequence_length = sequence_length
        self.pooler = pooler or mean_and_last_pooler(backbone.hidden_dim)
        # One tokenization for training and serving: KerasNLP's own differs between
        # its eager and its graph path on contractions and white space.
        self.graph_tokenizer = GraphTokenizer.from_tokenizer(
            tokenizer,
            sequence_length,
            start_token_id=tokenizer.start_token_id,
            end_token_id=tokenizer.end_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )

    @property
    def pooler(self):
        """Network from token features and their mask to a caption's vector."""
        return self._pooler

    @pooler.setter
    def pooler(self, pooler):
        self._pooler = pooler
        # They hold the old one.
        for name in ("_forward_model", "_embed_model"):
            self.__dict__.pop(name, None)

    @property
    def text_dim(self):
        """Length of the pooled vector."""
        return self.pooler.output_shape[-1]

    @classmethod
    def from_captions(
        cls,
        captions,
        vocabulary_size=512,
        num_layers=2,
        num_heads=4,
        hidden_dim=128,
        sequence_length=64,
        epochs=2,
        seed=0,
        on_batch=None,
        tokenizer=None,
    ):
        """Train a vocabulary and a small GPT-2 on captions.

        Args:
            captions: Iterable of str.
            vocabulary_size: int. See `train_tokenizer`.
            num_layers: int. Transformer blocks, default 2.
            num_heads: int. Attention heads, default 4.
            hidden_dim: int. Width, default 128.
            sequence_length: int. Tokens a caption is cut or padded to.
            epochs: int. Passes over the captions; 0 leaves the weights untrained.
            seed: int. Seeds the weights and the order of the captions.
            on_batch: Function `(done, total)` called after each step, for progress.
            tokenizer: `keras_nlp.models.GPT2Tokenizer` to use instead of training one.

        Returns:
            A `GPT2TextEncoder` that pools by mean and last token.
        """
        captions = check_captions(captions)
        tokenizer = tokenizer or train_tokenizer(captions, vocabulary_size)
        keras.utils.set_random_seed(seed)
        backbone = keras_nlp.models.GPT2Backbone(
            vocabulary_size=tokenizer.vocabulary_size(),
            num_layers=num_layers,
            num_heads=num_heads,
            hidden_dim=hidden_dim,
            intermediate_dim=4 * hidden_dim,
            max_sequence_length=sequence_length,
            dropout=0.0,
            dtype="float32",
        )
        encoder = cls(tokenizer, backbone, sequence_length)
        if epochs:
            token_ids, padding_mask = encoder.tokenize(captions)
            train_causal_lm(
                backbone, token_ids, padding_mask, epochs, seed, on_batch=on_batch
            )
        return encoder

    @classmethod
    def from_preset(cls, preset, sequence_length=64):
        """Load a KerasNLP GPT-2 preset by name, or a folder by path.

        Args:
            preset: str. Such as `"gpt2_base_en"`, or a folder written by
                `save_to_preset` of this class or of KerasNLP.
            sequence_length: int. Only used for a KerasNLP preset.

        Raises:
            ValueError: If there is no such preset or folder.
        """
        check_preset(preset)
        folder = pathlib.Path(str(preset))
        if (folder / ENCODER_FILE).is_file():
            return cls._from_folder(folder)
        return cls(
            keras_nlp.models.GPT2Tokenizer.from_preset(str(preset)),
            keras_nlp.models.GPT2Backbone.from_preset(str(preset), dtype="float32"),
            sequence_length,
        )

    @classmethod
    def _from_folder(cls, folder):
        config = json.loads((folder / ENCODER_FILE).read_text(encoding="utf-8"))
        encoder = cls(
            keras_nlp.models.GPT2Tokenizer.from_preset(str(folder)),
            keras_nlp.models.GPT2Backbone.from_preset(str(folder), dtype="float32"),
            config["sequence_length"],
        )
        if config["pooler"] is not None:
            pooler = keras.Model.from_config(config["pooler"], _POOLER_LAYERS)
            pooler.load_weights(folder / _POOLER_FILE)
            encoder.pooler = pooler
        return encoder

    def copy(self):
        """Return an encoder of the same weights that is trained apart."""
        backbone = type(self.backbone).from_config(self.backbone.get_config())
        backbone.set_weights(self.backbone.get_weights())
        # One that was frozen for the GAN may be trained elsewhere.
        backbone.trainable = True
        pooler = keras.Model.from_config(self.pooler.get_config())
        pooler.set_weights(self.pooler.get_weights())
        return type(self)(self.tokenizer, backbone, self.sequence_length, pooler)

    def save_to_preset(self, folder):
        """Write tokenizer, backbone and pooler to a folder that `from_preset` reads."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.backbone.save_to_preset(str(folder))
        self.tokenizer.save_to_preset(str(folder))
        config = {"sequence_length": self.sequence_length, "pooler": None}
        if self.pooler.weights:
            config["pooler"] = self.pooler.get_config()
            self.pooler.save_weights(folder / _POOLER_FILE)
        text = json.dumps(config, indent=2, ensure_ascii=False)
        (folder / ENCODER_FILE).write_text(text, encoding="utf-8")

    def tokenize(self, captions):
        """Return token ids and mask.

        Args:
            captions: Iterable of str.

        Returns:
            Tuple of numpy arrays `(token_ids, padding_mask)`, int32 and bool, both
            `(batch, sequence_length)`. The end-of-text token stands at both ends.

        Raises:
            CaptionError: See `check_captions`.
        """
        captions = check_captions(captions)
        chunks = [
            self.graph_tokenizer(tf.constant(captions[start : start + 4096], tf.string))
            for start in range(0, len(captions), 4096)
        ]
        if not chunks:
            shape = (0, self.sequence_length)
            return np.zeros(shape, "int32"), np.zeros(shape, "bool")
        ids, masks = zip(*chunks, strict=True)
        return np.concatenate(ids), np.concatenate(masks)

    def encode(self, captions):
        """Encode a few captions in full.

        Args:
            captions: Iterable of str.

        Returns:
            Dict of numpy arrays: `text_embedding` `(n, text_dim)` float32,
            `text_tokens` `(n, sequence_length, hidden_dim)` float32, `token_ids` int32
            and `padding_mask` bool, both `(n, sequence_length)`.
        """
        token_ids, padding_mask = self.tokenize(captions)
        tokens, pooled = self._forward_model.predict_on_batch(
            {"token_ids": token_ids, "padding_mask": padding_mask}
        )
        return {
            "text_embedding": pooled,
            "text_tokens": tokens,
            "token_ids": token_ids,
            "padding_mask": padding_mask,
        }

    @functools.cached_property
    def _forward_model(self):
        """`forward` as a network, which Keras runs as one graph."""
        inputs = self.backbone.input
        return keras.Model(inputs, self.forward(**inputs), name="encode")

    @functools.cached_property
    def _embed_model(self):
        inputs = self.backbone.input
        return keras.Model(inputs, self.forward(**inputs)[1], name="embed")

    def embed(self, token_ids, padding_mask, batch_size=512, on_batch=None):
        """Return only the pooled vectors of many tokenized captions.

        Args:
            token_ids: int array `(n, sequence_length)`.
            padding_mask: bool array `(n, sequence_length)`.
            batch_size: int. Captions at a time.
            on_batch: Function `(done, total)` called after each batch, for progress.

        Returns:
            float32 array `(n, text_dim)`.
        """
        if not len(token_ids):
            return np.zeros((0, self.text_dim), "float32")
        batches = length_sorted_batches(padding_mask, batch_size)
        pooled = np.zeros((len(token_ids), self.text_dim), "float32")
        for done, rows in enumerate(batches, 1):
            ids, mask = trim_padding(token_ids[rows], padding_mask[rows])
            pooled[rows] = self._embed_model.predict_on_batch(
                {"token_ids": ids, "padding_mask": mask}
            )
            if on_batch:
                on_batch(done, len(batches))
        return pooled

    def forward(self, token_ids, padding_mask):
        """Return `(token features, pooled vector)` tensors, float32."""
        padding_mask = ops.cast(padding_mask, "bool")
        tokens = self.backbone({"token_ids": token_ids, "padding_mask": padding_mask})
        tokens = ops.cast(tokens, "float32")
        return tokens, self.pooler({"tokens": tokens, "padding_mask": padding_mask})

    def fingerprint(self):
        """Return a hex digest of vocabulary, architecture and weights."""
        digest = hashlib.sha256()
        digest.update(json.dumps(self.tokenizer.vocabulary, sort_keys=True).encode())
        digest.update(f"{self.sequence_length} {self.backbone.num_layers}".encode())
        for weight in self.backbone.weights + self.pooler.weights:
            digest.update(np.ascontiguousarray(weight.numpy()).tobytes())
        return digest.hexdigest()


def check_preset(preset):
    """Refuse a preset that is neither a folder, a known name, nor an address.

    Raises:
        ValueError: If it is none of them.
    """
    known = keras_nlp.models.GPT2Backbone.presets
    is_folder = pathlib.Path(str(preset)).is_dir()
    if not is_folder and preset not in known and "://" not in str(preset):
        raise ValueError(
            f"A GPT-2 preset must be a folder or one of {sorted(known)}. "
            f"Received: preset={str(preset)!r}"
        )


def mean_and_last_pooler(hidden_dim):
    """Build the weightless default pooler as a functional model."""
    tokens, mask = pooler_inputs(hidden_dim)
    pooled = MeanAndLastPooling(dtype="float32", name="pooled")(tokens, mask)
    return keras.Model(
        {"tokens": tokens, "padding_mask": mask}, pooled, name="mean_and_last"
    )


def pooler_inputs(hidden_dim):
    """Return the two `keras.Input`s every pooler takes: `tokens`, `padding_mask`."""
    tokens = keras.Input((None, hidden_dim), name="tokens")
    mask = keras.Input((None,), dtype="bool", name="padding_mask")
    return tokens, mask
