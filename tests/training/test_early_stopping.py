"""When a run stops by itself."""

import json

import keras
import numpy as np
import pytest

from aigc_keras.datasets import Options, load_dataset
from aigc_keras.training import TrainingConfig, train
from aigc_keras.training.early_stopping import (
    EarlyStopping,
    KernelMeasure,
    make_measure,
)
from aigc_keras.training.run_folder import RunFolder, load_run


class Scripted:
    """A measure whose values are known beforehand."""

    name = "kernel_distance"

    def __init__(self, values):
        self.values = iter(values)

    def __call__(self, gan):
        return next(self.values)


@pytest.fixture
def run(tmp_path, tiny_settings):
    run = RunFolder(tmp_path / "run")
    run.start(TrainingConfig(**tiny_settings))
    return run


def steps_until_stop(run, values, patience, start=0):
    callback = EarlyStopping(run, Scripted(values), every=2, patience=patience)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd")
    model.optimizer.build([])
    model.optimizer.iterations.assign(start)
    callback.set_model(model)
    callback.on_train_begin()
    for step in range(start, start + 2 * len(values)):
        callback.on_train_batch_end(step, {})
        if model.stop_training:
            return callback.step
    return None


def test_it_stops_when_nothing_better_came_for_a_while(run):
    assert steps_until_stop(run, [5.0, 4.0, 4.5, 3.9, 4.0, 3.9, 1.0], 2) == 12


def test_it_goes_on_while_it_gets_better(run):
    assert steps_until_stop(run, [5.0, 6.0, 4.0, 4.5, 3.0], 2) is None
    lines = run.metrics_path.read_text().splitlines()
    assert json.loads(lines[1]) == {"step": 4, "kernel_distance": 6.0}
    assert run.checkpoints.best() == 10


def test_the_best_checkpoint_outlives_the_last_two(run):
    steps_until_stop(run, [5.0, 6.0], 5)
    steps_until_stop(run, [4.0, 3.0, 4.0], 5, start=4)
    assert run.checkpoints.best() == 8 and run.checkpoints.steps() == [6, 8]
    gan = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    for step in (20, 22, 24):
        run.checkpoints.save(gan, step)
    assert run.checkpoints.steps() == [8, 22, 24]
    # What a resumed run does not reach is no longer the best.
    run.checkpoints.forget_after(4)
    assert run.checkpoints.best() is None and run.checkpoints.steps() == []


def test_a_resumed_run_remembers(run):
    assert steps_until_stop(run, [5.0, 6.0], 2) is None
    assert steps_until_stop(run, [7.0, 1.0], 2, start=4) == 6


def test_kernel_measure_tells_a_good_model_from_a_bad_one(tiny_run, tiny_settings):
    gan = load_run(tiny_run)
    dataset = load_dataset(
        "coco_folder",
        image_size=32,
        batch_size=4,
        data_dir=tiny_settings["data_dir"],
        prepared_dir=tiny_settings["prepared_dir"],
    )
    measure = KernelMeasure(dataset)
    drawn = measure(gan)
    assert np.isfinite(drawn) and drawn == measure(gan)
    gan.draw = lambda vectors, noise: np.asarray(dataset.images[measure.rows])
    assert measure(gan) < drawn


def test_alignment_measure_reads_the_validation_captions(tiny_run, monkeypatch):
    from aigc_keras.datasets.shapes import captions, render
    from aigc_keras.datasets.shapes.examples import Example
    from aigc_keras.training import early_stopping

    pictures, examples = [], []
    for index in range(4):
        image, scene, _ = render.make_example(index)
        pictures.append(image)
        said = {language: ["a picture"] for language in captions.LANGUAGES}
        examples.append(Example(scene, said))
    monkeypatch.setattr(early_stopping, "read_examples", lambda *_: examples)

    class Source:
        builder = None

        def prepare(self):
            pass

    monkeypatch.setattr(early_stopping, "open_source", lambda *_: Source())

    class Shapes:
        name = "shapes"

    measure = make_measure("alignment", Shapes(), Options())
    gan = load_run(tiny_run)
    gan.draw = lambda vectors, noise: np.stack(pictures)
    assert measure(gan) == 0
    gan.draw = lambda vectors, noise: np.stack(pictures[::-1])
    assert measure(gan) > 0.1


@pytest.mark.slow
def test_a_run_that_stopped_early_is_finished(
    tiny_settings, begin_run, tmp_path, monkeypatch
):
    from aigc_keras.training import early_stopping

    monkeypatch.setattr(early_stopping.KernelMeasure, "__call__", lambda *_: 1.0)
    settings = {**tiny_settings, "early_stopping": "kernel_distance", "steps": 40}
    config = TrainingConfig(**settings)
    gan, run = train(config, begin_run(tmp_path / "run"))
    # One measurement every 4 steps, five without anything better than the first.
    assert int(gan.optimizer.iterations) == 24 == run.read_config().steps
    assert int(train(config, tmp_path / "run")[0].optimizer.iterations) == 24
