"""The kernel distance between two sets of features, and how sure it is."""

import numpy as np

BLOCK = 1000


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
    return KernelSums(first, second, groups=1).distance()


class KernelSums:
    """Kernel sums between groups of rows: the distance, and its spread, from one pass.

    Rows are dealt out to groups of nearly one size; leaving a group out, or taking it
    twice, then needs no kernel again. Memory is `BLOCK` squared, whatever the sets.

    Args:
        first: float array `(n, d)`, n at least 2.
        second: float array `(m, d)`, m at least 2.
        groups: int. Groups a set, at most as many as it has rows; default 50.
        scale: float. What the rows are divided by, block by block, as a copy of them
            all would be large; default 1.

    Raises:
        ValueError: If a set has fewer than two rows, or the lengths differ.
    """

    def __init__(self, first, second, groups=50, scale=1.0):
        first, second = np.asarray(first), np.asarray(second)
        if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:]:
            raise ValueError(
                "Both sets must have at least two rows, of one length. "
                f"Received: shapes {first.shape} and {second.shape}"
            )
        groups = min(groups, len(first), len(second))
        self._sizes = [_sizes(len(rows), groups) for rows in (first, second)]
        length = first.shape[1] * scale**2
        self._within = [
            _group_sums(rows, rows, groups, length) for rows in (first, second)
        ]
        for sums, rows in zip(self._within, (first, second), strict=True):
            # A row beside itself does not count.
            squares = np.einsum("nd,nd->n", rows, rows, dtype="float64")
            own = (squares / length + 1) ** 3
            sums -= np.diag(np.bincount(np.arange(len(rows)) % groups, own, groups))
        self._between = _group_sums(first, second, groups, length)

    def distance(self, first_counts=None, second_counts=None):
        """Return the distance where each group counts so many times, default once.

        A row is never paired with a copy of itself, so taking groups twice does not
        bias the distance.

        Args:
            first_counts: float array `(groups,)`, or None.
            second_counts: float array `(groups,)`, or None.
        """
        total = 0.0
        counts = [first_counts, second_counts]
        for place, sums in enumerate(self._within):
            if counts[place] is None:
                counts[place] = np.ones(len(sums))
            times, sizes = counts[place], self._sizes[place]
            pairs = np.outer(sizes, sizes) - np.diag(sizes)
            total += times @ sums @ times / (times @ pairs @ times)
        numbers = [c @ s for c, s in zip(counts, self._sizes, strict=True)]
        return float(
            total - 2 * (counts[0] @ self._between @ counts[1]) / np.prod(numbers)
        )

    def standard_error(self):
        """Return the jackknife standard error: each group of either set left out once.

        Reference: Efron, 1982, "The jackknife, the bootstrap and other resampling
        plans" (eq. 3.3).
        """
        variance = 0.0
        for place in range(2):
            groups = len(self._within[place])
            if groups < 2:
                return float("nan")
            values = []
            for left_out in range(groups):
                counts = [None, None]
                counts[place] = (np.arange(groups) != left_out).astype("float64")
                values.append(self.distance(*counts))
            spread = np.square(np.array(values) - np.mean(values)).sum()
            variance += (groups - 1) / groups * spread
        return float(np.sqrt(variance))


def _sizes(number, groups):
    return np.bincount(np.arange(number) % groups, minlength=groups).astype("float64")


def _group_sums(x, y, groups, length):
    """Return the kernel summed over each pair of groups, `(groups, groups)`.

    The kernel divides a product by `length`, the features' times the scale's square.
    Row `i` belongs to group `i % groups`.
    """
    sums = np.zeros((groups, groups))
    for i in range(0, len(x), BLOCK):
        block = x[i : i + BLOCK].astype("float64")
        for j in range(0, len(y), BLOCK):
            other = y[j : j + BLOCK].astype("float64")
            values = (block @ other.T / length + 1) ** 3
            rows = (np.arange(len(values)) + i) % groups
            columns = (np.arange(values.shape[1]) + j) % groups
            by_row = np.zeros((groups, values.shape[1]))
            np.add.at(by_row, rows, values)
            part = np.zeros((groups, groups))
            np.add.at(part, columns, by_row.T)
            sums += part.T
    return sums
