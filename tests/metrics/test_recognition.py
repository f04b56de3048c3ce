"""Recognition figures against scikit-learn."""

import keras
import numpy as np
import pytest
from sklearn import metrics as reference

from aigc_keras.metrics import Recognition

CLASSES = 7


def answers(number=300, sharpness=3.0):
    rng = np.random.default_rng(0)
    # Class 6 never occurs, and class 5 is never predicted.
    labels = rng.integers(0, 6, number)
    logits = rng.normal(size=(number, CLASSES)) + sharpness * np.eye(CLASSES)[labels]
    logits[:, 5] -= 100
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels, probabilities


def measured(labels, probabilities):
    metric = Recognition(CLASSES)
    for rows in np.array_split(np.arange(len(labels)), 4):
        metric.update_state(labels[rows], probabilities[rows])
    return metric


def test_every_figure_is_scikit_learns():
    labels, probabilities = answers()
    predicted = probabilities.argmax(axis=1)
    metric = measured(labels, probabilities)
    figures, classes = metric.result(), metric.by_class()
    everything = range(CLASSES)
    np.testing.assert_array_equal(
        metric.confusion,
        reference.confusion_matrix(labels, predicted, labels=everything),
    )
    wanted = reference.precision_recall_fscore_support(
        labels, predicted, labels=everything, zero_division=0
    )
    for name, values in zip(
        ("precision", "recall", "f1", "support"), wanted, strict=True
    ):
        np.testing.assert_allclose(classes[name], values, err_msg=name)
    macro = reference.precision_recall_fscore_support(
        labels, predicted, average="macro", zero_division=0
    )
    for name, value in zip(("precision", "recall", "f1"), macro[:3], strict=True):
        assert figures[name] == pytest.approx(value), name
    assert figures["accuracy"] == pytest.approx(
        reference.accuracy_score(labels, predicted)
    )
    assert figures["top_5"] == pytest.approx(
        reference.top_k_accuracy_score(labels, probabilities, k=5, labels=everything)
    )


def test_calibration_is_its_definition_and_finds_overconfidence():
    labels, probabilities = answers()
    error = 0.0
    certainty = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    for index in range(15):
        inside = (certainty > index / 15) & (certainty <= (index + 1) / 15)
        if inside.any():
            gap = abs(right[inside].mean() - certainty[inside].mean())
            error += gap * inside.mean()
    figure = measured(labels, probabilities).result()["calibration_error"]
    assert figure == pytest.approx(error)
    sure = np.eye(CLASSES)[probabilities.argmax(axis=1)]
    assert measured(labels, sure).result()["calibration_error"] > figure + 0.05


def test_what_is_no_answer_is_refused():
    metric = Recognition(3)
    with pytest.raises(ValueError, match="none"):
        metric.result()
    with pytest.raises(ValueError, match="shape"):
        metric.update_state([0], np.ones((2, 3)) / 3)
    with pytest.raises(ValueError, match="from 0 to 2. Received: 3 to 3"):
        metric.update_state([3], np.ones((1, 3)) / 3)


def test_it_forgets_and_can_be_rebuilt_from_its_config():
    metric = measured(*answers())
    metric.reset_state()
    assert not metric.confusion.any()
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(metric)
    )
    assert (again.num_classes, again.bins) == (CLASSES, 15)
