"""Figures of written captions, of a captioner, and of the way there and back."""

import random

import numpy as np
import pytest

from aigc_keras.evaluation import (
    measure_captions,
    measure_cycle,
    measure_prompts,
    open_held_out_language_model,
)
from aigc_keras.evaluation.tables import figures_table


@pytest.fixture(scope="module")
def dataset(draw_dataset):
    return draw_dataset(8, per_language=2)


class Writer:
    """Writes true captions, every fourth of them broken."""

    def __init__(self, dataset):
        self.captions = dataset.flat_captions

    def generate(self, num, seed):
        rng = random.Random(seed)
        texts = [rng.choice(self.captions) for _ in range(num)]
        return [t + " again" if i % 4 == 0 else t for i, t in enumerate(texts)]


class Captioner:
    """Says the second caption of the picture it is shown; of the third, another's."""

    def __init__(self, dataset):
        self.dataset = dataset

    def caption(self, images, language="en", method="greedy"):
        first = 0 if language == "en" else 2
        texts = []
        for image in images:
            row = int(np.abs(self.dataset.images - image).sum(axis=(1, 2, 3)).argmin())
            row = 0 if row == 3 else row
            texts.append(self.dataset.captions[row][first + 1])
        return texts


def test_prompts_are_parsed_and_compared_with_what_was_learned(dataset):
    known = dataset.flat_captions[:5]
    figures = measure_prompts(Writer(dataset), known, 40, seed=1, scenes=True, batch=8)
    assert figures["valid"] == pytest.approx(0.75)
    assert 0.25 < figures["new"] < 1
    assert 0 < figures["distinct_1"] < figures["distinct_2"] < 1
    assert "valid" not in measure_prompts(Writer(dataset), known, 8)


@pytest.mark.slow
def test_captions_are_likelier_than_nonsense_to_a_model_that_learned_the_language(
    dataset, tmp_path
):
    model = open_held_out_language_model(dataset, tmp_path, 280, epochs=40)
    figures = measure_prompts(Writer(dataset), [], 8, held_out=model)
    sample = Writer(dataset).generate(8, 0)
    assert figures["perplexity"] == pytest.approx(model.perplexity(sample))
    turned = [text[::-1] for text in sample]
    assert model.perplexity(turned) > 1.2 * figures["perplexity"]
    # Kept: the second time it is the same, and nothing is trained.
    again = open_held_out_language_model(dataset, tmp_path, 280, epochs=0)
    assert again.perplexity(sample) == pytest.approx(figures["perplexity"], rel=1e-4)


def test_captions_are_compared_with_what_the_picture_shows(dataset):
    figures = measure_captions(Captioner(dataset), dataset)
    assert set(figures) == {"en", "zh"}
    for by_language in figures.values():
        assert by_language["all_correct"] == pytest.approx(7 / 8)
        assert by_language["valid"] == 1
        assert 80 < by_language["chrf"] < 100
        assert by_language["bleu"] > 60
    lines = figures_table(figures)
    assert "all_correct" in lines[0] and len(lines) == 3


def test_the_cycle_finds_what_was_drawn_wrong(dataset, monkeypatch):
    from aigc_keras.evaluation import run_captions

    def draw_captions(gan, captions, seed):
        del gan, seed
        # The painter draws every caption right.
        index = 0 if captions[0] == dataset.captions[0][0] else 2
        rows = [[c[index] for c in dataset.captions].index(text) for text in captions]
        return dataset.images[rows]

    monkeypatch.setattr(run_captions, "draw_captions", draw_captions)
    figures = measure_cycle(None, Captioner(dataset), dataset)
    assert figures["en"]["all_correct"] == pytest.approx(7 / 8)
    assert figures["zh"]["all_correct"] == pytest.approx(7 / 8)


def test_drawing_many_is_drawing_each(tiny_run):
    from aigc_keras.evaluation.drawing import draw_captions
    from aigc_keras.training import load_run

    gan = load_run(tiny_run)
    captions = ["a small red ring", "一个蓝色的大圆环"]
    many = draw_captions(gan, captions, seed=5, repeats=2)
    one_by_one = gan.generate([c for c in captions for _ in range(2)], seed=5)
    assert np.abs(many.astype(int) - one_by_one.astype(int)).max() <= 1
