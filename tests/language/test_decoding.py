"""Writing token by token, against trying everything."""

import itertools

import keras
import keras_nlp
import numpy as np
import pytest

from aigc_keras.language.decoding import Beam, Greedy, Sample, write_tokens

VOCABULARY, LENGTH, END = 4, 4, 3


@pytest.fixture(scope="module")
def backbone():
    backbone = keras_nlp.models.GPT2Backbone(
        vocabulary_size=VOCABULARY,
        num_layers=2,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=LENGTH,
        dropout=0.0,
    )
    rng = np.random.default_rng(1)
    for weight in backbone.weights:
        weight.assign(rng.normal(0, 0.7, weight.shape))
    return backbone


@pytest.fixture(scope="module")
def prefix():
    return np.random.default_rng(2).normal(size=(5, 3, 8)).astype("float32")


def log_chances(backbone, prefix, texts):
    """The log-probability of each next token, by KerasNLP's own layers."""
    x = backbone.token_embedding(texts)
    x = x + backbone.position_embedding(x)
    x = keras.ops.concatenate([prefix, x], axis=1)
    for layer in backbone.transformer_layers:
        x = layer(x)
    x = backbone.layer_norm(x)[:, prefix.shape[1] :]
    logits = backbone.token_embedding(x, reverse=True)
    return keras.ops.convert_to_numpy(keras.ops.log_softmax(logits))


def every_text(backbone, prefix):
    """Every text that can be written after one prefix, and its log-probability."""
    tails = []
    for tail in itertools.product(range(VOCABULARY), repeat=LENGTH - 1):
        stop = tail.index(END) + 1 if END in tail else len(tail)
        if all(token == END for token in tail[stop:]):
            tails.append((stop, tail))
    texts = np.array([[0, *tail] for _, tail in tails])
    chances = log_chances(backbone, np.repeat(prefix[None], len(texts), 0), texts)
    return {
        tuple(text): sum(of[i, text[i + 1]] for i in range(stop))
        for (stop, _), text, of in zip(tails, texts, chances, strict=True)
    }


def test_a_wide_beam_finds_the_likeliest_text_of_all(backbone, prefix):
    found = write_tokens(backbone, prefix, Beam(64), 0, END, LENGTH)
    for row, text in zip(prefix, keras.ops.convert_to_numpy(found), strict=True):
        scores = every_text(backbone, row)
        assert sum(np.exp(list(scores.values()))) == pytest.approx(1, abs=1e-4)
        assert scores[tuple(text)] == pytest.approx(max(scores.values()), abs=1e-4)


def test_greedy_and_a_beam_of_one_take_the_likeliest_token(backbone, prefix):
    found = keras.ops.convert_to_numpy(
        write_tokens(backbone, prefix, Greedy(), 0, END, LENGTH)
    )
    one = write_tokens(backbone, prefix, Beam(1), 0, END, LENGTH)
    np.testing.assert_array_equal(found, keras.ops.convert_to_numpy(one))
    chances = log_chances(backbone, prefix, found)
    for row, wanted in zip(found, chances.argmax(axis=-1), strict=True):
        stop = list(row).index(END) if END in row else LENGTH - 1
        np.testing.assert_array_equal(row[1 : stop + 1], wanted[:stop])
        assert (row[stop + 1 :] == END).all() or END not in row


def test_samples_come_as_often_as_they_are_likely(backbone, prefix):
    many = np.repeat(prefix[:1], 4000, axis=0)
    method = Sample(keras.random.SeedGenerator(3), top_p=1.0)
    found = keras.ops.convert_to_numpy(
        write_tokens(backbone, many, method, 0, END, LENGTH)
    )
    texts, counts = np.unique(found, axis=0, return_counts=True)
    scores = every_text(backbone, prefix[0])
    for text, count in zip(texts, counts, strict=True):
        chance = float(np.exp(scores[tuple(text)]))
        assert count / 4000 == pytest.approx(chance, abs=4 * (chance / 4000) ** 0.5)


def test_a_nucleus_leaves_unlikely_tokens_out():
    chances = np.log(np.tile([[0.1, 0.5, 0.15, 0.25]], (500, 1))).astype("float32")
    for top_p, kept in ((0.4, {1}), (0.6, {1, 3}), (0.8, {1, 2, 3})):
        method = Sample(keras.random.SeedGenerator(0), top_p=top_p)
        tokens, rows, _ = method.choose(keras.ops.convert_to_tensor(chances), None)
        assert rows is None
        assert set(keras.ops.convert_to_numpy(tokens)) == kept
