import json
import random

import numpy as np
import pytest

from aigc_keras.datasets.shapes import shapes_dataset_builder
from aigc_keras.evaluation import evaluate_gan, measure_alignment
from aigc_keras.evaluation.run_variety import measure_diversity, measure_realism
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
    assert set(result) == {"test", "test_unseen", "variety"}
    assert json.loads(json.dumps(result)) == result
    variety = result.pop("variety")
    assert variety["diversity"] >= 0
    assert variety["kernel_distance"] > variety["floor_mean"]
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


@pytest.mark.parametrize("number", [1, 3])
def test_very_few_pictures_are_measured_without_realism(
    gan, small_shapes, tmp_path, number
):
    config = {"dataset": "shapes", "prepared_dir": str(tmp_path)}
    result = evaluate_gan(gan, config, num_images=number)
    assert set(result["variety"]) == {"diversity"}
    assert len(alignment_table(result)) == 6


@pytest.fixture
def examples(small_shapes, tmp_path):
    from aigc_keras.datasets import Options, open_source
    from aigc_keras.datasets.shapes.examples import read_examples

    source = open_source("shapes/single", Options(prepared_dir=tmp_path))
    source.prepare()
    return read_examples(source.builder, "test")


def test_diversity_is_one_for_renders_and_zero_for_copies(gan, examples, monkeypatch):
    from aigc_keras.datasets.shapes.render import render_scene
    from aigc_keras.datasets.shapes.scene import sample_like

    rng = random.Random(5)
    renders = [
        render_scene(sample_like(example.scene, rng), rng, 32)
        for example in examples
        for _ in range(4)
    ]
    monkeypatch.setattr(gan, "draw", lambda text, noise: np.stack(renders))
    assert 0.7 < measure_diversity(gan, examples) < 1.4
    copies = np.repeat(np.stack(renders[::4]), 4, axis=0)
    monkeypatch.setattr(gan, "draw", lambda text, noise: copies)
    assert measure_diversity(gan, examples) == 0


def test_realism_puts_renders_at_the_floor_and_noise_above(gan, monkeypatch):
    from aigc_keras.datasets.shapes.captions import LANGUAGES
    from aigc_keras.datasets.shapes.examples import Example
    from aigc_keras.datasets.shapes.render import make_example

    made = [make_example(index, image_size=32) for index in range(240)]
    captions = {language: ["a picture"] for language in LANGUAGES}
    examples = [Example(scene, captions) for _, scene, _ in made[:120]]
    real = np.stack([image for image, _, _ in made[:120]]) / 127.5 - 1
    others = np.stack([image for image, _, _ in made[120:]])
    monkeypatch.setattr(gan, "draw", lambda text, noise: others)
    near = measure_realism(gan, real.astype("float32"), examples)
    monkeypatch.setattr(gan, "draw", lambda text, noise: np.zeros_like(others))
    far = measure_realism(gan, real.astype("float32"), examples)
    assert abs(near["floor_deviations"]) < 5
    assert far["floor_deviations"] > 20
    assert near["floor_mean"] == far["floor_mean"]
