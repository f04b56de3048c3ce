"""Recognition figures of a model, against scikit-learn on the model's own answers."""

import json

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

from aigc_keras.datasets import load_dataset
from aigc_keras.evaluation import measure_recognition, measure_split_recognition
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.evaluation.report import write_report
from aigc_keras.evaluation.samples import Protocol, Samples
from aigc_keras.evaluation.suite import evaluate_suite
from aigc_keras.evaluation.tables import (
    confusion_table,
    recognition_lines,
    suite_tables,
)
from aigc_keras.models.recognition import image_realness
from aigc_keras.training import RunFolder, load_run
from aigc_keras.training.trainer import dataset_arguments

# A run on data with classes is trained first.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def gan(labelled_run):
    return load_run(labelled_run)


@pytest.fixture(scope="module")
def config(labelled_run):
    return RunFolder(labelled_run).read_config()


@pytest.fixture(scope="module")
def dataset(config):
    return load_dataset("captioned_folder", "test", 32, **dataset_arguments(config))


def test_figures_are_those_of_the_model_s_answers(gan, dataset):
    calls = []
    result = measure_split_recognition(
        gan, dataset, 12, seed=3, on_batch=lambda *done: calls.append(done)
    )
    assert calls == [(12, 12)] and json.loads(json.dumps(result)) == result
    images, labels = np.array(dataset.images[:12]), dataset.labels[:12]
    found = gan.recognize(images)
    said = [dataset.class_names.index(name) for name in found["labels"]]
    expected = confusion_matrix(labels, said, labels=range(3))
    np.testing.assert_array_equal(result["confusion"], expected)
    figures = result["ways"]["class head"]
    assert figures["accuracy"] == pytest.approx(np.mean(labels == said))
    assert [row["support"] for row in result["by_class"]] == expected.sum(1).tolist()
    assert sum(result["calibration"]["count"]) == 12
    captions = [texts[i % 6] for i, texts in enumerate(dataset.captions[:12])]
    drawings = draw_captions(gan, captions, 3)
    scores = np.r_[image_realness(gan, images), image_realness(gan, drawings)]
    truth = np.r_[np.ones(12), np.zeros(12)]
    assert result["detection"]["roc_auc"] == pytest.approx(roc_auc_score(truth, scores))


def test_the_same_pictures_cannot_be_told_apart(gan, dataset):
    images = np.array(dataset.images)
    result = measure_recognition(gan, images, images)
    assert set(result) == {"detection"}
    assert result["detection"]["roc_auc"] == pytest.approx(0.5)


def test_classes_that_are_not_the_model_s_own_are_asked_for_as_captions(gan, dataset):
    images, names = np.array(dataset.images), ["circle", "star"]
    labels = np.arange(len(images)) % 2
    result = measure_recognition(gan, images, images, labels, names)
    assert set(result["ways"]) == {"captions"}
    said = gan.recognize(images, ["a picture of a circle", "a picture of a star"])
    places = said["probabilities"].argmax(axis=1)
    np.testing.assert_array_equal(
        result["confusion"], confusion_matrix(labels, places, labels=[0, 1])
    )
    # Two classes of one name cannot be asked for apart.
    twice = measure_recognition(gan, images, images, labels, ["crane", "crane"])
    assert set(twice) == {"detection"}


def test_the_suite_and_its_report_hold_recognition(gan, config, tmp_path):
    protocol = Protocol("test", 8, 0, config.prepared_dir)
    samples = Samples(gan, config.to_dict(), protocol)
    result = evaluate_suite(samples, ["recognition"])
    assert np.sum(result["recognition"]["confusion"]) == 8
    assert "Recognition by class" in suite_tables(result)
    write_report(tmp_path / "report.html", "tiny", result, samples)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for part in ("Confusion of classes", "Recognition by class", "roc_auc", "warm"):
        assert part in page, part


def figures(number):
    """Figures of many classes, of which two are confused in one direction."""
    matrix = 5 * np.eye(number, dtype=int)
    matrix[1, 2], matrix[4, 0] = 3, 7
    row = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 5}
    return {
        "ways": {"class head": {"accuracy": 0.9}},
        "by_class": [{"name": f"class {i}", **row} for i in range(number)],
        "confusion": matrix.tolist(),
        "detection": {"roc_auc": 0.75},
    }


def test_of_many_classes_the_most_frequent_confusions_are_printed():
    title, columns, rows = confusion_table(figures(5))
    assert columns[4] == rows[4][0] == "class 4" and rows[4][1][0] == "7"
    title, columns, rows = confusion_table(figures(30))
    assert rows == [("class 4 as class 0", ["7"]), ("class 1 as class 2", ["3"])]
    lines = recognition_lines(figures(30))
    assert title in lines and "Real or drawn" in lines
    assert any(line.startswith("class head") and "0.9" in line for line in lines)
