import numpy as np
import pytest

from aigc_keras.datasets.shapes import shapes_dataset_builder
from aigc_keras.evaluation import evaluate_gan, measure_alignment
from aigc_keras.evaluation.tables import alignment_table
from aigc_keras.training import load_run

SMALL = {
    "train": (4, False),
    "test": (24, False),
    "test_unseen": (24, True),
}
ATTRIBUTES = {"colour", "shape", "size", "position", "background", "mean"}
ATTRIBUTES |= {"all_correct"}


@pytest.fixture
def small_shapes(monkeypatch):
    monkeypatch.setattr(shapes_dataset_builder, "SPLITS", SMALL)


@pytest.fixture(scope="module")
def gan(tiny_run):
    return load_run(tiny_run)


def test_alignment_of_a_run(gan, small_shapes, tmp_path):
    calls = []
    config = {"dataset": "shapes", "prepared_dir": str(tmp_path)}
    result = evaluate_gan(
        gan, config, num_images=20, on_batch=lambda *done: calls.append(done)
    )
    assert set(result) == {"test", "test_unseen"}
    for by_language in result.values():
        assert set(by_language) == {"en", "zh"}
        for figures in by_language.values():
            assert set(figures["alignment"]) == ATTRIBUTES
            # An untrained generator draws nothing that can be read.
            assert figures["alignment"]["all_correct"] < 0.2
    assert calls[-1] == (4, 4)
    again = measure_alignment(gan, "shapes", str(tmp_path), num_images=20)
    assert again == result
    lines = alignment_table(result)
    assert "position" in lines[0] and len(lines) == 5


def test_a_perfect_painter_scores_one(gan, small_shapes, tmp_path, monkeypatch):
    from aigc_keras.datasets import Options, open_source
    from aigc_keras.datasets.shapes.examples import read_examples
    from aigc_keras.datasets.shapes.render import render_scene

    source = open_source("shapes/single", Options(prepared_dir=tmp_path))
    source.prepare()
    pictures = {
        len(split): [render_scene(example.scene) for example in examples]
        for split in ("test", "test_unseen")
        if (examples := read_examples(source.builder, split))
    }
    order = iter(["test", "test", "test_unseen", "test_unseen"])

    def draw(text_embedding, noise):
        return np.stack(pictures[len(next(order))])[: len(noise)]

    monkeypatch.setattr(gan, "draw", draw)
    result = measure_alignment(gan, "shapes/single", str(tmp_path), num_images=24)
    for by_language in result.values():
        for figures in by_language.values():
            assert figures["alignment"]["mean"] == 1.0
