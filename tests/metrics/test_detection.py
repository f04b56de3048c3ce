"""The area under the curve against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from aigc_keras.metrics import roc_auc


def reference(positive, negative):
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    return roc_auc_score(truth, np.r_[positive, negative])


@pytest.mark.parametrize("levels", [None, 4])
def test_the_area_is_scikit_learns(levels):
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(0.7, 1, 90), rng.normal(0, 1, 140)
    if levels:
        # Ties within and between the two.
        positive, negative = (np.round(x * levels) for x in (positive, negative))
    area = roc_auc(positive, negative)
    assert 0.6 < area < 0.9
    assert area == pytest.approx(reference(positive, negative))
    assert roc_auc(negative, positive) == pytest.approx(1 - area)


def test_ends_and_the_middle():
    assert roc_auc([3, 4], [1, 2]) == 1
    assert roc_auc([1, 1], [1, 1, 1]) == 0.5
    with pytest.raises(ValueError, match="Received: 0 and 2"):
        roc_auc([], [1, 2])
