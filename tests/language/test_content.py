"""Content is what pictures decide; wording is the rest."""

import numpy as np
import pytest

from aigc_keras.language.content import content_projection

DIM, PICTURES, CAPTIONS = 16, 400, 4


def sentences(strength=(9.0, 0.5), wording=20.0, seed=0):
    """Vectors whose first two directions say what is seen, all others how."""
    rng = np.random.default_rng(seed)
    mixing = np.linalg.qr(rng.normal(size=(DIM, DIM)))[0]
    content = rng.normal(size=(PICTURES, 2))
    owners = np.repeat(np.arange(PICTURES), CAPTIONS)
    parts = rng.normal(size=(len(owners), DIM)) * np.sqrt(wording)
    parts[:, :2] = content[owners] * np.sqrt(strength)
    parts[:, :2] += 0.05 * rng.normal(size=(len(owners), 2))
    return parts @ mixing + 3, owners, content[owners]


def projected():
    vectors, owners, content = sentences()
    matrix, bias = content_projection(vectors, owners)
    return vectors @ matrix + bias, owners, content


def test_captions_of_one_picture_come_together():
    vectors, owners, _ = projected()
    raw, _, _ = sentences()
    for result, least in ((vectors, 0.95), (raw - raw.mean(axis=0), None)):
        unit = result / np.linalg.norm(result, axis=1, keepdims=True)
        same = np.einsum("nd,nd->n", unit[::CAPTIONS], unit[1::CAPTIONS]).mean()
        assert same > least if least else same < 0.5
    assert len(vectors) == len(owners)


def test_what_moves_the_vector_little_counts_as_much():
    vectors, _, content = projected()
    slopes = np.linalg.lstsq(content, vectors, rcond=None)[0]
    strong, weak = np.linalg.norm(slopes, axis=1)
    assert weak == pytest.approx(strong, rel=0.1)
    assert np.linalg.matrix_rank(slopes, tol=1e-3) == 2


def test_what_wording_hides_in_part_keeps_its_share():
    """A direction with half as much content as wording was cut off."""
    rng = np.random.default_rng(2)
    owners = np.repeat(np.arange(PICTURES), CAPTIONS)
    vectors = rng.normal(size=(len(owners), DIM))
    plain, hidden = rng.normal(size=(2, PICTURES))[:, owners]
    vectors[:, 0] = plain + 0.05 * vectors[:, 0]
    vectors[:, 1] += np.sqrt(0.5) * hidden
    matrix, bias = content_projection(vectors, owners)
    result = vectors @ matrix + bias
    slope = np.linalg.lstsq(result, hidden, rcond=None)[0]
    told = np.var(result @ slope) / np.var(hidden)
    assert told == pytest.approx(1 / 3, abs=0.06)
    shares = np.linalg.eigvalsh(np.cov(result.T))[-2:]
    assert shares[0] / shares[1] == pytest.approx(1 / 3, abs=0.06)


def test_vectors_are_as_large_as_layer_normalized_ones():
    vectors, _, _ = projected()
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-4)
    assert np.square(vectors).mean() == pytest.approx(1, rel=0.05)


def test_without_two_captions_a_picture_nothing_can_be_told():
    vectors, _, _ = sentences()
    assert content_projection(vectors, np.arange(len(vectors))) is None
    assert content_projection(vectors[:8], [0, 0, 1, 1, 2, 2, 3, 3]) is None


def test_where_wording_is_all_nothing_is_kept():
    vectors, owners, _ = sentences()
    shuffled = np.random.default_rng(1).permutation(owners)
    result = content_projection(vectors, shuffled)
    # By chance a direction may seem to tell something, hardly more than one.
    assert result is None or np.linalg.matrix_rank(result[0], tol=1e-3) <= 1
