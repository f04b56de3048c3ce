"""Distribution metrics against torch-fidelity on the same features.

Needs the extra `reference`; skipped without it.
"""

import numpy as np
import pytest

from aigc_keras.metrics import (
    FeatureStatistics,
    frechet_distance,
    inception_score,
    kernel_distance,
    manifold_scores,
)

torch = pytest.importorskip("torch", reason="needs the extra `reference`")
pytest.importorskip("torch_fidelity", reason="needs the extra `reference`")


@pytest.fixture(scope="module")
def features():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(32, 32)) / 6
    return rng.normal(size=(400, 32)) @ mixing, rng.normal(0.1, 0.9, (300, 32)) @ mixing


def test_frechet_distance(features):
    from torch_fidelity import metric_fid

    statistics = []
    for rows in features:
        one = FeatureStatistics(32)
        one.update(rows)
        statistics.append(one)
    theirs = metric_fid.fid_statistics_to_metric(
        *(metric_fid.fid_features_to_statistics(torch.tensor(x)) for x in features),
        verbose=False,
    )
    (wanted,) = theirs.values()
    assert frechet_distance(*statistics) == pytest.approx(wanted, rel=1e-4)


def test_kernel_distance(features):
    from torch_fidelity import metric_kid

    rows = [torch.tensor(x[:300]) for x in features]
    theirs = metric_kid.kid_features_to_metric(
        *rows, kid_subsets=1, kid_subset_size=300, rng_seed=0, verbose=False
    )
    wanted = theirs["kernel_inception_distance_mean"]
    ours = kernel_distance(*(x[:300] for x in features))
    assert ours == pytest.approx(wanted, rel=1e-4)


def test_precision_and_recall(features):
    from torch_fidelity import metric_prc

    theirs = metric_prc.prc_features_to_metric(
        *(torch.tensor(x) for x in features), prc_neighborhood=5, verbose=False
    )
    ours = manifold_scores(*features, k=5).means()
    assert ours["precision"] == pytest.approx(theirs["precision"], rel=1e-4)
    assert ours["recall"] == pytest.approx(theirs["recall"], rel=1e-4)


def test_inception_score(features):
    from torch_fidelity import metric_isc

    logits = 3 * features[0]
    theirs = metric_isc.isc_features_to_metric(
        torch.tensor(logits), splits=7, shuffle=False
    )
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    ours = inception_score(exponents / exponents.sum(axis=1, keepdims=True), splits=7)
    assert ours == pytest.approx(tuple(theirs.values()), rel=1e-4)
