"""The next token of a caption, read off a vector."""

import keras
from keras import ops

from aigc_keras import losses
from aigc_keras.models.replicas import mean_of_all


class NextTokenReadout(keras.layers.Layer):
    """Reads a caption's next token off a vector, given the caption so far.

    After "a red circle above a" the vector must say what comes next: the second thing's
    size. So it holds which colour, size and shape belong together, and not only which
    words occur. Given the caption so far, the readout is linear in the vector. It is
    meant for *another* caption than the vector's: in its own words a vector comes to
    speak a code of its own for each wording. Names are read off their own vectors all
    the same, see `TextSideSettings.own_words`.

    Frozen, it tells a generator word by word what its drawing lacks, where a cosine of
    two sentence vectors hardly changes when two things change places.

    Reference: Kim et al., 2017, "Hadamard product for low-rank bilinear pooling"
    (eq. 4); as a task for the vector: Bowman et al., 2016, "Generating sentences from
    a continuous space" (sec. 3; here GPT-2 has read the caption so far).

    Args:
        vocabulary_size: int. Tokens that are told apart.
        rank: int. Products a position, default 256.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        tokens: `(batch, length, channels)` float, causal: each knows what is before it.
        vector: `(batch, dim)` float; its length does not count.

    Returns:
        `(batch, length, vocabulary_size)` float32 logits of the token after each.
    """

    def __init__(self, vocabulary_size, rank=256, **kwargs):
        super().__init__(**kwargs)
        part = {"dtype": self.dtype_policy}
        self.asked = keras.layers.Dense(rank, name="asked", **part)
        self.known = keras.layers.Dense(rank, name="known", **part)
        self.normalize = keras.layers.LayerNormalization(
            center=False, scale=False, name="normalize", **part
        )
        self.token = keras.layers.Dense(vocabulary_size, name="token", **part)
        self.expected = keras.layers.Dense(vocabulary_size, name="expected", **part)

    def build(self, tokens_shape, vector_shape):
        """Create the maps for tokens and vectors of these shapes."""
        self.asked.build(tokens_shape)
        self.known.build(vector_shape)
        self.normalize.build(vector_shape)
        self.token.build((*tokens_shape[:2], self.asked.units))
        self.expected.build(tokens_shape)
        self.built = True

    def call(self, tokens, vector):
        """Read; see the class docstring."""
        known = self.known(self.normalize(vector))
        product = self.asked(tokens) * known[:, None]
        logits = self.token(product) + self.expected(tokens)
        return ops.cast(logits, "float32")


def known_next_token_loss(*groups):
    """Return `losses.next_token_loss` over the tokens that the logits have.

    GPT-2's own vocabulary is larger than that which is told apart here.

    Args:
        *groups: Tuples of logits `(rows, length, vocabulary_size)` float, token ids
            `(rows, length)` int and padding mask `(rows, length)` bool; together they
            are the batch.

    Returns:
        float32 scalar, the mean in nats over these tokens of all replicas.
    """
    known = [
        ops.logical_and(mask, token_ids < logits.shape[-1])
        for logits, token_ids, mask in groups
    ]
    count = sum(ops.sum(ops.cast(of[:, 1:], "float32")) for of in known)
    count = mean_of_all(count)
    return sum(
        losses.next_token_loss(logits, ops.where(of, token_ids, 0), of, count)
        for (logits, token_ids, _), of in zip(groups, known, strict=True)
    )


def make_readout(judge, backbone):
    """Build the readout of a judge's image vectors, given GPT-2's token features.

    Args:
        judge: `ImageEncoder`.
        backbone: `keras_nlp.models.GPT2Backbone`.

    Returns:
        `NextTokenReadout`, not trainable, with fresh weights.
    """
    readout = NextTokenReadout(judge.vocabulary_size, name="next_token")
    readout.build((None, None, backbone.hidden_dim), (None, judge.output_dim))
    readout.trainable = False
    return readout
