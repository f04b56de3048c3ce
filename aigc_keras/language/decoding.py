"""Writes token by token with GPT-2, in a graph of core operations.

KerasNLP's own generation updates its memory by an XLA operation, which a server without
XLA cannot run, and knows no prefix of features.
"""

import dataclasses

import keras
from keras import ops

from aigc_keras.language.gpt2_memory import GPT2Memory

IMPOSSIBLE = -1e9


@dataclasses.dataclass(frozen=True)
class Greedy:
    """Takes the likeliest token at every step."""

    num_beams = 1

    def choose(self, log_chances, scores):
        """Return the next tokens, the rows they continue (None: each its own), scores.

        Args:
            log_chances: `(rows, vocabulary_size)` float32.
            scores: `(rows,)` float32, the log-probability of each row so far.
        """
        tokens = ops.cast(ops.argmax(log_chances, axis=-1), "int32")
        return tokens, None, scores


@dataclasses.dataclass(frozen=True)
class Sample:
    """Draws each token by its probability.

    Reference: Holtzman et al., 2020, "The curious case of neural text degeneration"
    (sec. 3.1, nucleus sampling).

    Args:
        seed_generator: `keras.random.SeedGenerator`.
        temperature: float, above 0.
        top_p: float in (0, 1]. Only the likeliest tokens that together reach this.
    """

    seed_generator: keras.random.SeedGenerator
    temperature: float = 1.0
    top_p: float = 0.9
    num_beams = 1

    def choose(self, log_chances, scores):
        """Return the next tokens, None, and the scores; see `Greedy`."""
        logits = log_chances / self.temperature
        ranked, tokens = ops.top_k(logits, k=logits.shape[-1])
        chances = ops.softmax(ranked)
        # A token counts while those before it have not reached the share yet.
        before = ops.cumsum(chances, axis=-1) - chances
        ranked = ops.where(before < self.top_p, ranked, IMPOSSIBLE)
        drawn = keras.random.categorical(
            ranked, 1, dtype="int32", seed=self.seed_generator
        )
        return ops.take_along_axis(tokens, drawn, axis=-1)[:, 0], None, scores


@dataclasses.dataclass(frozen=True)
class Beam:
    """Keeps the likeliest few beginnings in sight; a caption that has ended costs none.

    Args:
        num_beams: int.
    """

    num_beams: int = 4

    def choose(self, log_chances, scores):
        """Return the next tokens, the rows they continue, and the scores."""
        number, size = self.num_beams, log_chances.shape[-1]
        total = ops.reshape(scores[:, None] + log_chances, (-1, number * size))
        best, places = ops.top_k(total, k=number)
        batch = ops.shape(best)[0]
        first = ops.arange(batch, dtype="int32")[:, None] * number
        rows = ops.reshape(ops.cast(places, "int32") // size + first, (-1,))
        tokens = ops.reshape(ops.cast(places, "int32") % size, (-1,))
        return tokens, rows, ops.reshape(best, (-1,))


def write_tokens(backbone, prefix, method, start, end, max_length):
    """Write what follows a prefix.

    Args:
        backbone: `keras_nlp.models.GPT2Backbone`.
        prefix: `(batch, places, hidden_dim)` float32, what GPT-2 reads first.
        method: `Greedy`, `Sample` or `Beam`.
        start: int. The token after the prefix.
        end: int. The token that ends a text.
        max_length: int. Tokens at most, the start included.

    Returns:
        `(batch, max_length)` int32, from the start token on; `end` after the end.
    """
    number = method.num_beams
    batch, places = ops.shape(prefix)[0], prefix.shape[1]
    memory = GPT2Memory(backbone, places + max_length)
    _, kept = memory.read(prefix)
    kept = [ops.repeat(part, number, axis=0) for part in kept] if number > 1 else kept
    rows = batch * number
    column = ops.arange(max_length, dtype="int32")[None]
    tokens = ops.where(column == 0, start, ops.full((rows, 1), end, dtype="int32"))
    # Equal beginnings would stay equal: at first only one of them is possible.
    first = ops.arange(rows, dtype="int32") % number == 0
    scores = ops.where(first, 0.0, IMPOSSIBLE)
    only_end = ops.where(ops.arange(backbone.vocabulary_size) == end, 0.0, IMPOSSIBLE)

    def goes_on(index, last, tokens, done, scores, kept):
        del last, tokens, scores, kept
        return ops.logical_and(index < max_length, ops.logical_not(ops.all(done)))

    def step(index, last, tokens, done, scores, kept):
        features, kept = memory.read_token(last, index - 1, places + index - 1, kept)
        logits = backbone.token_embedding(features, reverse=True)
        log_chances = ops.log_softmax(ops.cast(logits, "float32"))
        log_chances = ops.where(done[:, None], only_end, log_chances)
        last, parents, scores = method.choose(log_chances, scores)
        if parents is not None:
            tokens, done = ops.take(tokens, parents, 0), ops.take(done, parents, 0)
            kept = [ops.take(part, parents, axis=0) for part in kept]
        tokens = ops.where(column == index, last[:, None], tokens)
        return index + 1, last, tokens, done | (last == end), scores, tuple(kept)

    state = (
        ops.convert_to_tensor(1, dtype="int32"),
        ops.full((rows,), start, dtype="int32"),
        tokens,
        ops.zeros((rows,), dtype="bool"),
        scores,
        tuple(kept),
    )
    state = ops.while_loop(goes_on, step, state)
    tokens, scores = state[2], state[4]
    if number == 1:
        return tokens
    best = ops.argmax(ops.reshape(scores, (-1, number)), axis=-1)
    tokens = ops.reshape(tokens, (-1, number, max_length))
    return ops.take_along_axis(tokens, best[:, None, None], axis=1)[:, 0]
