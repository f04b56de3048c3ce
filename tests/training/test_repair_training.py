"""A repairer is trained into a run's folder, and comes with its model from there."""

import shutil

import numpy as np
import pytest

from aigc_keras import losses
from aigc_keras.models import ImageRepairer, TextToImageGAN
from aigc_keras.training import (
    RunError,
    RunFolder,
    TrainingConfig,
    TrainingDiverged,
    load_run,
    open_parts,
    open_repairer,
    train_repairer,
)


@pytest.fixture(scope="module")
def run_dir(tiny_run, tiny_settings, tmp_path_factory):
    """A finished run with a repairer."""
    path = tmp_path_factory.mktemp("mending") / "run"
    shutil.copytree(tiny_run, path)
    train_repairer(TrainingConfig(**tiny_settings), path, steps=12)
    return path


def test_a_run_brings_its_repairer(run_dir, tiny_run):
    gan, repairer = load_run(run_dir), open_repairer(run_dir)
    assert isinstance(gan.repairer, ImageRepairer)
    assert (repairer.image_size, repairer.text_dim) == (32, gan.generator.text_dim)
    for one, other in zip(gan.repairer.weights, repairer.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    # It has learned: a fresh one's last layer is zero.
    assert np.abs(repairer.get_layer("to_patches").kernel).max() > 0
    picture, mask = np.zeros((40, 30, 3), "uint8"), np.zeros((40, 30), bool)
    mask[5:20, 5:20] = True
    assert gan.inpaint(picture, mask, "a red circle").shape == (40, 30, 3)
    assert load_run(tiny_run).repairer is None


def test_it_travels_with_a_packaged_model(run_dir, tmp_path):
    gan = load_run(run_dir)
    gan.save_to_preset(tmp_path / "model", **open_parts(run_dir))
    packed = TextToImageGAN.from_preset(tmp_path / "model")
    assert list(open_parts(preset=str(tmp_path / "model"))) == ["repairer"]
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), "uint8")
    change = gan.repair(picture).astype(int) - packed.repair(picture)
    assert np.abs(change).max() <= 2


@pytest.mark.slow
def test_training_again_replaces_it_and_the_seed_decides(run_dir, tiny_settings):
    before = open_repairer(run_dir).get_weights()
    config = TrainingConfig(**{**tiny_settings, "seed": 5})
    made, run = train_repairer(config, run_dir, steps=3)
    after = open_repairer(run_dir).get_weights()
    assert run.repairer_path == RunFolder(run_dir).repairer_path
    assert any(np.abs(a - b).max() > 0 for a, b in zip(before, after, strict=True))
    for ours, theirs in zip(after, made.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_the_same_settings_train_the_same(tiny_run, tiny_settings, tmp_path):
    made = []
    for name in "ab":
        shutil.copytree(tiny_run, tmp_path / name)
        config = TrainingConfig(**tiny_settings)
        made.append(train_repairer(config, tmp_path / name, 4)[0])
    for one, other in zip(*(m.get_weights() for m in made), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.slow
def test_one_that_diverges_replaces_nothing(run_dir, tiny_settings, monkeypatch):
    before = open_repairer(run_dir).get_weights()
    monkeypatch.setattr(losses, "repair_loss", lambda made, *_: made[0, 0, 0, 0] / 0)
    with pytest.raises(TrainingDiverged, match="the repairer must stay finite"):
        train_repairer(TrainingConfig(**tiny_settings), run_dir, steps=2)
    for old, new in zip(before, open_repairer(run_dir).get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_run_without_one_says_how_to_train_it(tiny_run, tiny_settings, tmp_path):
    with pytest.raises(RunError, match="--task repairer --run"):
        open_repairer(tiny_run)
    with pytest.raises(RunError, match="must hold config.json"):
        train_repairer(TrainingConfig(**tiny_settings), tmp_path / "nowhere", 1)
    assert not (tmp_path / "nowhere").exists()
