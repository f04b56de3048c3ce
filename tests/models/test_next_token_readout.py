"""The next token of a caption, read off a vector."""

import keras
import numpy as np

from aigc_keras import losses
from aigc_keras.models.next_token_readout import (
    NextTokenReadout,
    known_next_token_loss,
    make_readout,
)

VOCABULARY, TEXT_DIM, HIDDEN = 12, 16, 16


def test_the_next_token_is_read_linearly_off_a_vector():
    keras.utils.set_random_seed(0)
    readout = NextTokenReadout(VOCABULARY, rank=6)
    rng = np.random.default_rng(0)
    tokens = rng.normal(size=(1, 3, HIDDEN))
    # Two vectors at right angles, each of mean 0 and mean square 1, so that a third one
    # between them is what the readout's normalization leaves as it is.
    first, second = np.linalg.qr(
        np.c_[np.ones(TEXT_DIM), rng.normal(size=(TEXT_DIM, 2))]
    )[0].T[1:] * np.sqrt(TEXT_DIM)
    third = 0.6 * first + 0.8 * second
    read = [np.array(readout(tokens, 7.0 * x[None])) for x in (first, second, third)]
    expected = np.array(readout.expected(tokens))
    differences = [x - expected for x in read]
    bias = np.array(readout.token.bias)
    np.testing.assert_allclose(bias, 0.0)
    wanted = 0.6 * differences[0] + 0.8 * differences[1]
    assert np.abs(wanted).max() > 0.1
    np.testing.assert_allclose(differences[2], wanted, atol=1e-4)


def test_the_readout_asks_a_vector_which_word_belongs_to_which():
    """ "1 a 2 b" and "1 b 2 a" hold the same words."""
    keras.utils.set_random_seed(0)
    readout = NextTokenReadout(VOCABULARY, rank=8)
    ids = np.array([[1, 3, 2, 4], [1, 4, 2, 3]])
    tokens = np.eye(HIDDEN)[ids]
    vector = np.eye(TEXT_DIM)[:2]
    inputs = keras.Input((4, HIDDEN)), keras.Input((TEXT_DIM,))
    model = keras.Model(inputs, readout(*inputs))
    model.compile(
        keras.optimizers.Adam(0.03),
        lambda y, logits: losses.next_token_loss(logits, y, np.ones((2, 4), bool)),
    )
    model.fit([tokens, vector], ids, epochs=60, verbose=0)
    read = np.argmax(model.predict([tokens, vector], verbose=0), axis=-1)
    np.testing.assert_array_equal(read[:, [0, 2]], ids[:, [1, 3]])


def test_tokens_beyond_the_vocabulary_do_not_count():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 4, VOCABULARY)).astype("float32")
    ids = np.array([[1, 2, VOCABULARY, 3], [1, 4, 5, 50_000]])
    mask = np.array([[1, 1, 1, 1], [1, 1, 1, 1]], bool)
    loss = known_next_token_loss((logits, ids, mask))
    chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    places = [(0, 0, 2), (0, 2, 3), (1, 0, 4), (1, 1, 5)]
    wanted = -np.mean([chances[place] for place in places])
    np.testing.assert_allclose(loss, wanted, rtol=1e-5)


def test_the_sum_may_be_divided_by_another_count():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 4, VOCABULARY)).astype("float32")
    ids, mask = np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), np.ones((2, 4), bool)
    mean = losses.next_token_loss(logits, ids, mask)
    halved = losses.next_token_loss(logits, ids, mask, count=12.0)
    np.testing.assert_allclose(halved, mean / 2, rtol=1e-6)


def test_a_readout_is_made_for_a_judge_and_its_gpt_2(make_gan, text_encoder):
    judge = make_gan(judge=True, text_encoder=text_encoder).judge
    readout = make_readout(judge, text_encoder.backbone)
    tokens = np.ones((2, 3, text_encoder.backbone.hidden_dim))
    vector = np.ones((2, judge.output_dim))
    assert readout(tokens, vector).shape == (2, 3, judge.vocabulary_size)
    assert not readout.trainable_variables
