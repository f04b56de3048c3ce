"""The Inception Score of class probabilities."""

import itertools

import numpy as np

TINY = 1e-16


def inception_score(probabilities, splits=10):
    """Return the Inception Score and its spread.

    High where each picture is one class for certain and the pictures together are of
    many; 1 at least, the number of classes at most. It never looks at real pictures,
    and says nothing of classes that the classifier does not know.

    Reference: Salimans et al., 2016, "Improved techniques for training GANs" (sec. 4);
    Barratt and Sharma, 2018, "A note on the Inception Score" (why the splits matter).

    Args:
        probabilities: float array `(n, classes)`; rows sum to 1.
        splits: int. Parts, in order, that are scored one by one; default 10.

    Returns:
        Tuple of float: the mean over the parts, and their standard deviation.

    Raises:
        ValueError: If there are fewer rows than parts, or rows are no probabilities.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.metrics import inception_score
    >>> mean, deviation = inception_score(np.tile(np.eye(4), (5, 1)), splits=5)
    >>> round(mean, 6), round(deviation, 6)
    (4.0, 0.0)
    """
    probabilities = np.asarray(probabilities, "float64")
    if probabilities.ndim != 2 or len(probabilities) < splits or splits < 1:
        raise ValueError(
            "`probabilities` must have shape (n, classes) with n at least `splits`. "
            f"Received: shape {probabilities.shape}, splits={splits}"
        )
    sums = probabilities.sum(axis=1)
    if (probabilities < 0).any() or not np.allclose(sums, 1, atol=1e-3):
        raise ValueError(
            "Each row of `probabilities` must be at least 0 and sum to 1. "
            f"Received: lowest {probabilities.min():g}, sums {sums.min():g} to "
            f"{sums.max():g}"
        )
    scores = []
    ends = [index * len(probabilities) // splits for index in range(splits + 1)]
    for start, end in itertools.pairwise(ends):
        part = probabilities[start:end]
        marginal = part.mean(axis=0, keepdims=True)
        divergence = part * (np.log(part + TINY) - np.log(marginal + TINY))
        scores.append(np.exp(divergence.sum(axis=1).mean()))
    return float(np.mean(scores)), float(np.std(scores))
