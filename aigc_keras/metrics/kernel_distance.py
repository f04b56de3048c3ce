"""The kernel distance between two sets of features."""

import numpy as np


def kernel_distance(first, second):
    """Return the squared maximum mean discrepancy under a cubic kernel, unbiased.

    `k(x, y) = (x . y / d + 1) ** 3` with `d` the features' length. On features of
    Inception this is KID; on others say whose they are. Being unbiased it is about zero
    for two samples of one distribution, and may be below.

    Reference: Binkowski et al., 2018, "Demystifying MMD GANs" (sec. 4, eq. 4).

    Args:
        first: float array `(n, d)`, n at least 2.
        second: float array `(m, d)`, m at least 2.

    Returns:
        float.

    Raises:
        ValueError: If a set has fewer than two rows, or the lengths differ.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.metrics import kernel_distance
    >>> float(kernel_distance(np.zeros((3, 2)), np.ones((3, 2))))
    7.0
    """
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:]:
        raise ValueError(
            "Both sets must have at least two rows, of one length. "
            f"Received: shapes {first.shape} and {second.shape}"
        )

    def kernel(x, y):
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(x):
        values = kernel(x, x)
        return (values.sum() - np.trace(values)) / (len(x) * (len(x) - 1))

    return float(within(first) + within(second) - 2 * kernel(first, second).mean())
