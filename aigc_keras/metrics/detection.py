"""How well a score tells two kinds of pictures apart."""

import numpy as np
from scipy.stats import rankdata


def roc_auc(positive, negative):
    """Return the area under the receiver operating characteristic.

    The chance that one of the first scores higher than one of the second, ties counted
    half: 0.5 for a score that tells nothing, 1 for one that tells them apart always.

    Reference: Hanley and McNeil, 1982, "The meaning and use of the area under a ROC
    curve" (by the rank sum of Wilcoxon).

    Args:
        positive: float array `(n,)`, scores that should be high.
        negative: float array `(m,)`, scores that should be low.

    Returns:
        float in [0, 1].

    Raises:
        ValueError: If one of them is empty.
    """
    number, others = len(positive), len(negative)
    if not number or not others:
        raise ValueError(
            "`positive` and `negative` must hold a score each. "
            f"Received: {number} and {others}"
        )
    ranks = rankdata(np.concatenate([positive, negative]))[:number]
    return float((ranks.sum() - number * (number + 1) / 2) / (number * others))
