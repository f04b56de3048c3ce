"""The Frechet distance against SciPy's matrix square root."""

import numpy as np
import pytest
import scipy.linalg

from aigc_keras.metrics import FeatureStatistics, frechet_distance


def statistics(features, batches=3):
    result = FeatureStatistics(features.shape[1])
    for part in np.array_split(features, batches):
        result.update(part)
    return result


def by_scipy(x, y):
    first, second = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = scipy.linalg.sqrtm(first @ second).real
    apart = np.square(x.mean(axis=0) - y.mean(axis=0)).sum()
    return apart + np.trace(first + second - 2 * root)


def test_running_sums_are_mean_and_covariance_even_far_from_zero():
    features = np.random.default_rng(0).normal(1e6, 1e-2, (200, 5))
    result = statistics(features, 7)
    np.testing.assert_allclose(result.mean, features.mean(axis=0), rtol=1e-12)
    wanted = np.cov(features, rowvar=False)
    np.testing.assert_allclose(result.covariance, wanted, rtol=1e-6, atol=1e-12)


def test_weights_count_a_row_as_often():
    features = np.random.default_rng(0).normal(size=(20, 3))
    times = np.arange(20) % 4
    weighted = FeatureStatistics(3)
    weighted.update(features, times)
    repeated = statistics(np.repeat(features, times, axis=0))
    np.testing.assert_allclose(weighted.mean, repeated.mean)
    np.testing.assert_allclose(weighted.covariance, repeated.covariance)


@pytest.mark.parametrize(("n", "d"), [(300, 4), (300, 64), (40, 64)])
def test_it_is_scipys_also_with_fewer_samples_than_dimensions(n, d):
    rng = np.random.default_rng(d)
    mixing = rng.normal(size=(d, d))
    x, y = rng.normal(size=(n, d)) @ mixing, rng.normal(0.3, 1.2, (n, d))
    figure = frechet_distance(statistics(x), statistics(y))
    assert figure == pytest.approx(by_scipy(x, y), rel=1e-4)


def test_of_itself_it_is_zero_and_of_a_shift_its_square():
    x = np.random.default_rng(0).normal(size=(50, 3))
    assert frechet_distance(statistics(x), statistics(x)) == pytest.approx(0, abs=1e-9)
    shifted = frechet_distance(statistics(x), statistics(x + [3, 0, 4]))
    assert shifted == pytest.approx(25)


@pytest.mark.parametrize("features", [np.zeros((2, 4)), np.zeros(3), [[1, np.nan, 0]]])
def test_features_that_do_not_fit_are_refused(features):
    with pytest.raises(ValueError, match="Received"):
        FeatureStatistics(3).update(features)


def test_too_few_features_and_other_lengths_are_refused():
    one = FeatureStatistics(2)
    one.update(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="at least 2 features. Received: 1"):
        frechet_distance(one, one)
    with pytest.raises(ValueError, match="Received: 2 and 3"):
        frechet_distance(one, FeatureStatistics(3))
