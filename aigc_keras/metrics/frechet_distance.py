"""The Frechet distance between two sets of features, from running sums."""

import numpy as np

# Rows of an array that are brought to float64 at a time.
BLOCK = 2000


class FeatureStatistics:
    """Mean and covariance of features that come in batches; no batch is kept.

    Sums are taken about the first batch's mean, in float64, so that features far from
    zero lose no digits.

    Args:
        dim: int. Length of a feature vector.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.metrics import FeatureStatistics
    >>> statistics = FeatureStatistics(2)
    >>> statistics.update(np.array([[0.0, 1.0], [2.0, 3.0]]))
    >>> statistics.mean.tolist(), statistics.covariance.tolist()
    ([1.0, 2.0], [[2.0, 2.0], [2.0, 2.0]])
    """

    def __init__(self, dim):
        self.dim = dim
        self.count = 0.0
        self._shift = None
        self._sum = np.zeros(dim)
        self._products = np.zeros((dim, dim))
        self._root = None

    def update(self, features, weights=None):
        """Add a batch.

        Args:
            features: float array `(n, dim)`.
            weights: float array `(n,)` of how often each counts, or None for once.

        Raises:
            ValueError: If the shape differs, or a feature is not finite.
        """
        features = np.asarray(features, "float64")
        if features.ndim != 2 or features.shape[1] != self.dim:
            raise ValueError(
                f"`features` must have shape (n, {self.dim}). Received: shape "
                f"{features.shape}"
            )
        if not np.isfinite(features).all():
            raise ValueError("`features` must be finite. Received: NaN or infinity")
        if not len(features):
            return
        if self._shift is None:
            self._shift = features.mean(axis=0)
        self._root = None
        features = features - self._shift
        weighted = features if weights is None else features * weights[:, None]
        self.count += len(features) if weights is None else weights.sum()
        self._sum += weighted.sum(axis=0)
        self._products += weighted.T @ features

    @classmethod
    def of(cls, features, weights=None):
        """Return the statistics of one array; see `update`."""
        statistics = cls(np.shape(features)[1])
        for start in range(0, len(features), BLOCK):
            rows = slice(start, start + BLOCK)
            counts = None if weights is None else weights[rows]
            statistics.update(features[rows], counts)
        return statistics

    @property
    def mean(self):
        """The mean, float64 `(dim,)`."""
        self._check(1)
        return self._shift + self._sum / self.count

    @property
    def covariance(self):
        """The unbiased covariance, float64 `(dim, dim)`."""
        self._check(2)
        outer = np.outer(self._sum, self._sum) / self.count
        return (self._products - outer) / (self.count - 1)

    @property
    def covariance_root(self):
        """The symmetric square root of `covariance`, kept until the next batch."""
        if self._root is None:
            values, vectors = np.linalg.eigh(self.covariance)
            self._root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
        return self._root

    def _check(self, least):
        if self.count < least:
            raise ValueError(
                f"These statistics need at least {least} features. "
                f"Received: {self.count:g}"
            )


def frechet_distance(first, second):
    """Return the squared Frechet distance of two normal distributions.

    On features of Inception this is FID; on others say whose they are. It is biased
    upwards by few samples, and below twice as many samples as dimensions hardly means
    anything: compare it with the distance of two halves of real pictures only.

    Reference: Heusel et al., 2017, "GANs trained by a two time-scale update rule"
    (eq. 6). The trace of the root of the covariances' product A B is that of the root
    of sqrt(A) B sqrt(A), which is symmetric: its eigenvalues are real, and the root of
    A is kept for the next B.

    Args:
        first: `FeatureStatistics`.
        second: `FeatureStatistics` of the same length.

    Returns:
        float, at least 0.

    Raises:
        ValueError: If the lengths differ, or one has fewer than two features.
    """
    if first.dim != second.dim:
        raise ValueError(
            "Both sets must have features of one length. "
            f"Received: {first.dim} and {second.dim}"
        )
    root, covariance = first.covariance_root, second.covariance
    common = np.linalg.eigvalsh(root @ covariance @ root)
    apart = np.square(first.mean - second.mean).sum()
    spread = np.trace(first.covariance) + np.trace(covariance)
    common = np.sqrt(np.maximum(common, 0)).sum()
    return float(max(0.0, apart + spread - 2 * common))
