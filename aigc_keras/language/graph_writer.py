"""GPT-2's writing in core TensorFlow operations, for a SavedModel."""

import numpy as np
import tensorflow as tf

from aigc_keras.language.gpt2_memory import GPT2Memory
from aigc_keras.language.graph_tokenizer import byte_symbols, strip_spaces
from aigc_keras.language.tokenizer import END_OF_TEXT


class GraphWriter:
    """Completes a prompt, and turns token ids into text, inside a graph.

    It writes what `GPT2LanguageModel.complete` writes. Call it where a graph is made.

    Args:
        language_model: `GPT2LanguageModel`.

    Example:
    >>> from aigc_keras.language import GPT2LanguageModel
    >>> from aigc_keras.language.graph_writer import GraphWriter
    >>> model = GPT2LanguageModel.from_captions(["a ring"], 260, hidden_dim=8, epochs=0)
    >>> ids, mask = model.tokenize(["a ring"])
    >>> GraphWriter(model).decode(ids[0, 1:]).numpy()
    b'a ring'
    """

    def __init__(self, language_model):
        self.model = language_model
        self._texts = token_bytes(language_model.tokenizer.vocabulary)

    def decode(self, token_ids):
        """Return the text before the first end token.

        Args:
            token_ids: `(places,)` int32, without the start token.

        Returns:
            string scalar, UTF-8, without white space at its ends.
        """
        ended = tf.cumsum(tf.cast(token_ids == self._end, tf.int32)) > 0
        words = tf.boolean_mask(tf.gather(self._texts, token_ids), ~ended)
        text = tf.strings.unicode_transcode(
            tf.strings.reduce_join(words), "UTF-8", "UTF-8"
        )
        return strip_spaces(text)

    def complete(self, prompt):
        """Write the likeliest end of a prompt.

        Args:
            prompt: string scalar, UTF-8.

        Returns:
            string scalar, without the prompt.

        Raises:
            tf.errors.InvalidArgumentError: If the prompt leaves no room for a token.
        """
        model, backbone = self.model, self.model.backbone
        size = model.sequence_length
        token_ids, mask = model.prompt_tokenizer(prompt[None])
        length = tf.reduce_sum(tf.cast(mask, tf.int32))
        room = tf.debugging.Assert(
            length < size,
            [f"Caption and sentence must leave room within {size} tokens; shorten it."],
        )
        with tf.control_dependencies([room]):
            token_ids = tf.identity(token_ids)
        memory = GPT2Memory(backbone, size)
        x = backbone.token_embedding(token_ids)
        x = backbone.embeddings_add((x, backbone.position_embedding(x)))
        features, kept = memory.read(x)
        first = self._likeliest(backbone.layer_norm(features)[:, length - 1])
        column = tf.range(size)

        def goes_on(index, last, written, *kept):
            del written, kept
            return (index < size) & (last[0] != self._end)

        def step(index, last, written, *kept):
            written = tf.where(column == index, last, written)
            features, kept = memory.read_token(last, index, index, list(kept))
            return index + 1, self._likeliest(features), written, *kept

        state = (length, first, tf.fill([size], self._end), *kept)
        written = tf.while_loop(goes_on, step, state)[2]
        return self.decode(written[length:])

    @property
    def _end(self):
        return self.model.tokenizer.end_token_id

    def _likeliest(self, features):
        logits = self.model.backbone.token_embedding(features, reverse=True)
        return tf.argmax(logits, axis=-1, output_type=tf.int32)


def token_bytes(vocabulary):
    """Return the bytes that each token stands for, an array of bytes by token id.

    Args:
        vocabulary: dict of str to int, of GPT-2's byte-level BPE.
    """
    byte_of = {symbol: byte for byte, symbol in enumerate(byte_symbols())}
    texts = np.full(max(vocabulary.values()) + 1, b"", object)
    for token, place in vocabulary.items():
        if token != END_OF_TEXT:
            texts[place] = bytes(byte_of[symbol] for symbol in token)
    return texts
