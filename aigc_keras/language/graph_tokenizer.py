"""GPT-2's byte-level BPE in core TensorFlow ops, for a SavedModel."""

import functools
import re

import numpy as np
import tensorflow as tf

from aigc_keras.language.tokenizer import END_OF_TEXT

# Bytes that valid UTF-8 never holds, so that no caption can contain a mark.
_BREAK = b"\xff"
_SPECIAL = b"\xfe"

# RE2's `\s` is ASCII only; this is Unicode's White_Space.
_SPACE = (
    r"\s\v\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
)
# GPT-2's `\s+(?!\S)` leaves a word its last space. RE2 has no lookahead, so a break is
# put before that space first, and `_WORD` then needs none.
_SPACES_BEFORE_WORD = rf"([{_SPACE}]+)([{_SPACE}][^{_SPACE}])"
_WORD = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+"
    rf"| ?[^{_SPACE}\p{{L}}\p{{N}}]+|[{_SPACE}]+"
)
_NO_RANK = np.int64(2**62)


def byte_symbols():
    """Return the 256 characters by which GPT-2's vocabulary writes bytes 0 to 255."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    symbols = {byte: chr(byte) for byte in visible}
    symbols |= {byte: chr(256 + place) for place, byte in enumerate(hidden)}
    return [symbols[byte] for byte in range(256)]


def strip_spaces(captions):
    """Drop leading and trailing white space, as `str.strip` does, in a graph."""
    return tf.strings.regex_replace(captions, rf"^[{_SPACE}]+|[{_SPACE}]+$", "")


class GraphTokenizer(tf.Module):
    """Turns captions into token ids with stateless core TensorFlow ops.

    Use it inside a SavedModel: the graph needs no TF Text and holds no table, so a
    plain TensorFlow process can run it and nothing grows with the words it has seen.
    The ids are those of the `tokenizers` library with GPT-2's regular expression,
    except that TensorFlow knows no letter or digit newer than Unicode 15.0 and splits
    it off as punctuation.

    Reference: Radford et al., 2019, "GPT-2" (sec. 2.2).

    Args:
        vocabulary: dict of str to int. Token to id, with all 256 byte symbols.
        merges: List of str. `"left right"`, best first.
        sequence_length: int. Tokens a caption is cut or padded to.
        start_token_id: int or None. Put before each caption, default None.
        end_token_id: int or None. Put after each caption, also a cut one, default None.
        pad_token_id: int. Fills the rest of the row, default 0.

    Call arguments:
        captions: `(batch,)` string, UTF-8. An invalid byte is read as U+FFFD. The text
            `<|endoftext|>` is read as that token where the vocabulary has it.

    Returns:
        Tuple `(token_ids, padding_mask)`, int32 in [0, vocabulary size) and bool, both
        `(batch, sequence_length)`; the mask is True at real tokens. The same as
        `keras_nlp.layers.StartEndPacker` makes of the tokens. A row depends on its
        caption alone.

    Raises:
        ValueError: If the vocabulary lacks a byte symbol, if a merge uses or makes a
            token that it lacks, or if `sequence_length` leaves no room for a token.

    Example:
    >>> from aigc_keras.language import train_tokenizer
    >>> from aigc_keras.language.graph_tokenizer import GraphTokenizer
    >>> tokenizer = train_tokenizer(["a red circle", "a red star"], 260)
    >>> token_ids, padding_mask = GraphTokenizer.from_tokenizer(tokenizer, 8)(["a red"])
    >>> token_ids.shape
    TensorShape([1, 8])

    All words are merged at once, one rule a word and step, so the slowest word sets the
    number of steps. Memory is linear in the bytes of the batch.
    """

    def __init__(
        self,
        vocabulary,
        merges,
        sequence_length,
        start_token_id=None,
        end_token_id=None,
        pad_token_id=0,
    ):
        super().__init__(name="graph_tokenizer")
        self.sequence_length = sequence_length
        self.pad_token_id = pad_token_id
        self._start = [] if start_token_id is None else [start_token_id]
        self._end = [] if end_token_id is None else [end_token_id]
        self._room = sequence_length - len(self._start) - len(self._end)
        if self._room < 1:
            raise ValueError(
                "`sequence_length` must leave room for a token between the start and "
                f"the end token. Received: sequence_length={sequence_length}"
            )
        missing = [symbol for symbol in byte_symbols() if symbol not in vocabulary]
        if missing:
            raise ValueError(
                "`vocabulary` must hold all 256 byte symbols; train it with "
                "`initial_alphabet=ByteLevel.alphabet()`. "
                f"Received: a vocabulary without {missing}"
            )
        byte_ids = [vocabulary[symbol] for symbol in byte_symbols()]
        self._has_special = END_OF_TEXT in vocabulary
        if self._has_special:
            byte_ids[_SPECIAL[0]] = vocabulary[END_OF_TEXT]
        self._byte_ids = np.array(byte_ids, "int64")
        self._base = max(vocabulary.values()) + 1
        self._set_merges(vocabulary, merges)

    @classmethod
    def from_tokenizer(cls, tokenizer, sequence_length, **kwargs):
        """Build from a `keras_nlp.models.GPT2Tokenizer`.

        Models that share a vocabulary share the graph, which takes half a second to
        trace.

        Args:
            tokenizer: `GPT2Tokenizer` with a vocabulary, without a prefix space.
            sequence_length: int. See the class.
            **kwargs: `start_token_id`, `end_token_id` and `pad_token_id` of the class.

        Raises:
            ValueError: If the tokenizer adds a prefix space; see also the class.
        """
        if tokenizer.add_prefix_space:
            raise ValueError(
                "`tokenizer` must not add a prefix space. "
                "Received: a tokenizer with add_prefix_space=True"
            )
        vocabulary = tuple(tokenizer.vocabulary.items())
        merges = tuple(tokenizer.merges)
        return cls._shared(vocabulary, merges, sequence_length, **kwargs)

    @classmethod
    @functools.lru_cache(maxsize=8)
    def _shared(cls, vocabulary, merges, sequence_length, **kwargs):
        return cls(dict(vocabulary), merges, sequence_length, **kwargs)

    def _set_merges(self, vocabulary, merges):
        merges = [merge for merge in merges if not merge.startswith("#version")]
        pairs = [tuple(merge.split(" ")) for merge in merges]
        used = {token for pair in pairs for token in (*pair, "".join(pair))}
        lacking = used - vocabulary.keys()
        if lacking:
            raise ValueError(
                "Every merge must use and make tokens of `vocabulary`. "
                f"Received: merges with {sorted(lacking)[:10]}"
            )
        rank_of_key, first_use = {}, {}
        for rank, (left, right) in enumerate(pairs):
            rank_of_key[vocabulary[left] * self._base + vocabulary[right]] = rank
            first_use.setdefault(left, rank)
            first_use.setdefault(right, rank)
        # The last key is above all others, so that a search never runs off the end.
        keys = sorted(rank_of_key)
        self._keys = np.array([*keys, 2**63 - 1], "int64")
        self._ranks = np.array([*(rank_of_key[key] for key in keys), -1], "int64")
        made = ["".join(pair) for pair in pairs]
        self._made_ids = np.array([vocabulary[token] for token in made], "int64")
        # Where an earlier rule uses the new token, the first pair merged may open a
        # better merge that comes before the next pair; such pairs go one at a time.
        merge_all = [first_use.get(token, n) >= n for n, token in enumerate(made)]
        self._merge_all = np.array(merge_all, "bool")

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, name="captions")],
        autograph=False,
    )
    def __call__(self, captions):
        """Tokenize and pack; see the class docstring."""
        words = self._split(captions)
        # A word is at least one token, so no later word can reach the output.
        words = words[:, : self._room]
        unique_words, place = tf.unique(words.values, tf.int64)
        tokens = tf.gather(self._encode(unique_words), place)
        splits = tf.gather(tokens.row_splits, words.row_splits)
        tokens = tf.RaggedTensor.from_row_splits(tokens.values, splits, validate=False)
        tokens = tokens[:, : self._room]
        size = tf.size(captions)
        start = tf.tile(tf.constant([self._start], tf.int32), [size, 1])
        end = tf.tile(tf.constant([self._end], tf.int32), [size, 1])
        tokens = tf.concat([start, tf.cast(tokens, tf.int32), end], axis=1)
        token_ids = tokens.to_tensor(
            self.pad_token_id, shape=(None, self.sequence_length)
        )
        mask = tf.sequence_mask(tokens.row_lengths(), self.sequence_length)
        return token_ids, mask

    def _split(self, captions):
        """Return the words of each caption, ragged `(batch, words)` string."""
        text = tf.strings.unicode_transcode(captions, "UTF-8", "UTF-8")
        if self._has_special:
            mark = _BREAK + _SPECIAL + _BREAK
            text = tf.strings.regex_replace(text, re.escape(END_OF_TEXT), mark)
        rewrite = rb"\1" + _BREAK + rb"\2"
        text = tf.strings.regex_replace(text, _SPACES_BEFORE_WORD, rewrite)
        text = tf.strings.regex_replace(text, _WORD, rb"\0" + _BREAK)
        words = tf.strings.split(text, _BREAK)
        return tf.ragged.boolean_mask(words, words != b"")

    def _encode(self, words):
        """Return the tokens of each word, `(words,)` string to ragged int64."""
        num_words = tf.size(words, tf.int64)
        characters = tf.io.decode_raw(tf.strings.reduce_join(words, 0), tf.uint8)
        ids = tf.gather(self._byte_ids, tf.cast(characters, tf.int32))
        owner = tf.repeat(tf.range(num_words), tf.strings.length(words))
        # A last element that belongs to no word: every real one has a right neighbour.
        ids = tf.concat([ids, [np.int64(-1)]], axis=0)
        owner = tf.concat([owner, [num_words]], axis=0)
        ranks = self._look_up(ids, owner, tf.range(tf.size(ids) - 1))
        ranks = tf.concat([ranks, [_NO_RANK]], axis=0)
        ids, owner, _ = tf.while_loop(
            lambda ids, owner, ranks: tf.reduce_any(ranks < _NO_RANK),
            self._merge,
            [ids, owner, ranks],
            shape_invariants=[tf.TensorShape([None])] * 3,
        )
        return tf.RaggedTensor.from_value_rowids(
            ids[:-1], owner[:-1], num_words, validate=False
        )

    def _look_up(self, ids, owner, at):
        """Return the rank of the merge of elements `at` and `at + 1`."""
        key = tf.gather(ids, at) * self._base + tf.gather(ids, at + 1)
        place = tf.searchsorted(self._keys, key)
        found = tf.gather(self._keys, place) == key
        found &= tf.gather(owner, at) == tf.gather(owner, at + 1)
        return tf.where(found, tf.gather(self._ranks, place), _NO_RANK)

    def _merge(self, ids, owner, ranks):
        """Apply the best merge of every word to the flat list of all elements."""
        best = tf.gather(tf.math.segment_min(ranks, owner), owner)
        at = tf.where((ranks == best) & (ranks < _NO_RANK))[:, 0]
        before = tf.concat([[np.int64(-2)], at[:-1]], axis=0)
        is_first = tf.gather(owner, at) != tf.gather(owner, tf.maximum(before, 0))
        is_first |= before < 0
        # Of the overlapping pairs of "aaa", the first, the third and so on.
        opens_run = at - before != 1
        run = tf.cumsum(tf.cast(opens_run, tf.int32)) - 1
        offset = at - tf.gather(tf.boolean_mask(at, opens_run), run)
        rank = tf.gather(ranks, at)
        chosen = (offset % 2 == 0) & (is_first | tf.gather(self._merge_all, rank))
        at, rank = tf.boolean_mask(at, chosen), tf.boolean_mask(rank, chosen)
        ids = tf.tensor_scatter_nd_update(
            ids, at[:, None], tf.gather(self._made_ids, rank)
        )
        keep = tf.tensor_scatter_nd_update(
            tf.ones_like(ids, tf.bool), at[:, None] + 1, tf.zeros_like(at, tf.bool)
        )
        ids, owner, ranks = (tf.boolean_mask(x, keep) for x in (ids, owner, ranks))
        at -= tf.range(tf.size(at, tf.int64))
        at = tf.concat([at, tf.maximum(at - 1, 0)], axis=0)
        ranks = tf.tensor_scatter_nd_update(
            ranks, at[:, None], self._look_up(ids, owner, at)
        )
        return ids, owner, ranks
