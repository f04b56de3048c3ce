"""How well classes are recognised, and whether the certainty can be trusted."""

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="aigc_keras")
class Recognition(keras.metrics.Metric):
    """Accuracy, precision, recall and F1 of every class, confusion, calibration.

    `result()` is a dict of float: `accuracy`, `top_5` (the share whose class is among
    the five likeliest), `precision`, `recall` and `f1` (means over the classes that
    occur, in the labels or in the predictions) and `calibration_error`. A class that is
    never predicted has precision 0, as one that never occurs has recall 0.

    Reference for the calibration: Guo et al., 2017, "On calibration of modern neural
    networks" (eq. 3, bins of equal width).

    Args:
        num_classes: int.
        bins: int. Bins of the calibration, default 15.
        name: str.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.metrics import Recognition
    >>> metric = Recognition(num_classes=2)
    >>> metric.update_state([0, 1], np.array([[0.9, 0.1], [0.8, 0.2]]))
    >>> metric.result()["accuracy"], metric.confusion.tolist()
    (0.5, [[1, 0], [1, 0]])
    """

    def __init__(self, num_classes, bins=15, name="recognition"):
        super().__init__(name=name)
        self.num_classes, self.bins = num_classes, bins
        self.reset_state()

    def reset_state(self):
        """Forget every picture."""
        self.confusion = np.zeros((self.num_classes, self.num_classes), "int64")
        self._top_5 = 0
        # Pictures, right ones and summed certainty of each bin.
        self._calibration = np.zeros((3, self.bins))

    def update_state(self, labels, probabilities):
        """Add a batch.

        Args:
            labels: int array `(n,)`, the true classes.
            probabilities: float array `(n, num_classes)`; rows sum to 1.

        Raises:
            ValueError: If the shapes do not fit, or a label is no class.
        """
        labels = np.asarray(labels)
        probabilities = np.asarray(probabilities, "float64")
        if probabilities.shape != (len(labels), self.num_classes):
            raise ValueError(
                f"`probabilities` must have shape ({len(labels)}, {self.num_classes}). "
                f"Received: shape {probabilities.shape}"
            )
        if len(labels) and not 0 <= labels.min() <= labels.max() < self.num_classes:
            raise ValueError(
                f"`labels` must be from 0 to {self.num_classes - 1}. "
                f"Received: {labels.min()} to {labels.max()}"
            )
        predicted = probabilities.argmax(axis=1)
        np.add.at(self.confusion, (labels, predicted), 1)
        own = probabilities[np.arange(len(labels)), labels]
        # Ties are broken against the label.
        self._top_5 += int(((probabilities >= own[:, None]).sum(axis=1) <= 5).sum())
        certainty = probabilities.max(axis=1)
        # A bin holds its upper end.
        places = np.ceil(certainty * self.bins).astype(int) - 1
        places = np.clip(places, 0, self.bins - 1)
        for row, values in enumerate((1.0, predicted == labels, certainty)):
            np.add.at(self._calibration[row], places, values)

    def by_class(self):
        """Return `precision`, `recall`, `f1` and `support`, arrays `(num_classes,)`."""
        right = np.diag(self.confusion).astype("float64")
        predicted, support = self.confusion.sum(axis=0), self.confusion.sum(axis=1)
        return {
            "precision": _ratio(right, predicted),
            "recall": _ratio(right, support),
            "f1": _ratio(2 * right, predicted + support),
            "support": support,
        }

    def calibration(self):
        """Return `count`, `accuracy` and `certainty` of each bin, arrays `(bins,)`."""
        count, right, certainty = self._calibration
        return {
            "count": count.astype("int64"),
            "accuracy": _ratio(right, count),
            "certainty": _ratio(certainty, count),
        }

    def result(self):
        """Return a dict of float; see the class docstring.

        Raises:
            ValueError: If no picture has been added.
        """
        total = self.confusion.sum()
        if not total:
            raise ValueError("`result` needs at least one picture. Received: none")
        figures = self.by_class()
        occurs = self.confusion.sum(axis=0) + self.confusion.sum(axis=1) > 0
        bins = self.calibration()
        gaps = np.abs(bins["accuracy"] - bins["certainty"]) * bins["count"]
        return {
            "accuracy": float(np.trace(self.confusion) / total),
            "top_5": self._top_5 / float(total),
            **{
                name: float(figures[name][occurs].mean())
                for name in ("precision", "recall", "f1")
            },
            "calibration_error": float(gaps.sum() / total),
        }

    def get_config(self):
        """Return the constructor's arguments."""
        return {"num_classes": self.num_classes, "bins": self.bins, "name": self.name}


def _ratio(part, whole):
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
