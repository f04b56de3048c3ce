"""The callback that measures while a GAN trains."""

import numpy as np
import pytest

from aigc_keras.evaluation import Evaluate
from aigc_keras.evaluation.callback import MEASURES
from aigc_keras.training import load_run


@pytest.fixture
def load(tiny_run):
    """A function that loads the same trained model again and again."""
    return lambda: load_run(tiny_run)


def fit(gan, dataset, callbacks, epochs=2):
    return gan.fit(
        dataset, epochs=epochs, steps_per_epoch=2, callbacks=callbacks, verbose=0
    )


@pytest.mark.slow
def test_it_logs_every_metric_and_leaves_the_training_alone(load, draw_dataset):
    dataset = draw_dataset(12)
    measured, plain = load(), load()
    callback = Evaluate(dataset, tuple(MEASURES), every=2, most_time=1.0)
    history = fit(measured, dataset, [callback])
    fit(plain, dataset, [])
    for one, other in zip(measured.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert set(MEASURES) <= set(history.history)
    steps = [entry["step"] for entry in callback.history]
    assert len(steps) == 2 and steps[1] == steps[0] + 2
    assert np.isfinite([list(entry.values()) for entry in callback.history]).all()
    assert callback.history[0]["kid"] != callback.history[1]["kid"]
    assert callback.history[-1]["kid"] == history.history["kid"][-1]


def test_it_stops_measuring_when_that_takes_too_long(load, draw_dataset):
    dataset = draw_dataset(12)
    callback = Evaluate(dataset, every=1, most_time=0.0)
    fit(load(), dataset, [callback])
    assert len(callback.history) == 1


def test_an_unknown_metric_is_refused(draw_dataset):
    with pytest.raises(ValueError, match="beauty"):
        Evaluate(draw_dataset(4), metrics=["beauty"])


def test_without_a_judge_an_extractor_is_asked_for(load, draw_dataset):
    gan, dataset = load(), draw_dataset(12)
    callback = Evaluate(dataset)
    callback.set_model(gan)
    gan.judge = None
    with pytest.raises(ValueError, match="needs an `extractor`"):
        callback.on_train_begin()
