"""The Inception Score at its ends and against its definition."""

import numpy as np
import pytest

from aigc_keras.metrics import inception_score


def test_one_answer_for_all_scores_one():
    assert inception_score(np.full((20, 5), 0.2))[0] == pytest.approx(1)
    assert inception_score(np.tile([1.0, 0, 0], (20, 1)))[0] == pytest.approx(1)


def test_it_is_the_exponential_of_the_mean_divergence():
    rows = np.random.default_rng(0).dirichlet(np.ones(4), size=21)
    scores = []
    for start, end in ((0, 10), (10, 21)):
        marginal = rows[start:end].mean(axis=0)
        divergences = [
            sum(p * np.log(p / q) for p, q in zip(row, marginal, strict=True))
            for row in rows[start:end]
        ]
        scores.append(np.exp(np.mean(divergences)))
    mean, deviation = inception_score(rows, splits=2)
    assert mean == pytest.approx(np.mean(scores))
    assert deviation == pytest.approx(np.std(scores))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.eye(3), "at least `splits`"),
        (np.full((20, 3), 0.5), "sum to 1"),
        (np.tile([1.5, -0.5], (20, 1)), "at least 0"),
    ],
)
def test_rows_that_are_no_probabilities_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        inception_score(rows)
