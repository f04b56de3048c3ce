"""A noise encoder is trained into a run's folder, and pictures can be edited then."""

import shutil
import warnings

import numpy as np
import pytest

from aigc_keras.models import NoiseEncoder, TextToImageGAN
from aigc_keras.training import (
    RunError,
    RunFolder,
    TrainingConfig,
    load_run,
    open_parts,
    train_noise_encoder,
)


@pytest.fixture(scope="module")
def run_dir(tiny_run, tiny_settings, tmp_path_factory):
    """A finished run, to which a noise encoder came."""
    path = tmp_path_factory.mktemp("finding") / "run"
    shutil.copytree(tiny_run, path)
    train_noise_encoder(TrainingConfig(**tiny_settings), path, steps=12)
    return path


def test_a_run_without_one_can_edit_after_it(run_dir, tiny_run):
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), "uint8")
    captions = ["a red circle", "a blue ring"]
    with pytest.raises(ValueError, match="--task encoder"):
        load_run(tiny_run).edit(images, captions, source_captions=captions)
    gan = load_run(run_dir)
    assert isinstance(gan.noise_finder, NoiseEncoder) and gan.noise_encoder is None
    edited = gan.edit(images, captions, source_captions=captions)
    assert edited.shape == images.shape
    # It has learned: a fresh one finds no noise in anything.
    assert np.abs(gan.noise_finder.get_layer("mean").kernel).max() > 0


def test_it_travels_with_a_packaged_model(run_dir, tmp_path):
    gan = load_run(run_dir)
    gan.save_to_preset(tmp_path / "model", **open_parts(run_dir))
    packed = TextToImageGAN.from_preset(tmp_path / "model")
    assert "noise_encoder" in open_parts(preset=str(tmp_path / "model"))
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), "uint8")
    said = {"captions": ["a red star"] * 2, "source_captions": ["a red ring"] * 2}
    one, other = (model.edit(images, **said).astype(int) for model in (gan, packed))
    assert np.abs(one - other).max() <= 3


def test_a_gan_with_its_own_needs_no_other(tiny_settings, tmp_path, monkeypatch):
    from aigc_keras.training import encoder_training

    own = TextToImageGAN.from_preset("shapes_64")
    monkeypatch.setattr(encoder_training, "load_run", lambda path: own)
    with pytest.raises(RunError, match="for a GAN that has none"):
        train_noise_encoder(TrainingConfig(**tiny_settings), tmp_path, 1)
    with pytest.raises(RunError, match="must hold config.json"):
        monkeypatch.undo()
        train_noise_encoder(TrainingConfig(**tiny_settings), tmp_path / "nowhere", 1)


def test_training_the_gan_on_says_that_the_encoder_is_out_of_date(
    run_dir, tiny_settings, tmp_path
):
    from aigc_keras.training import train

    shutil.copytree(run_dir, tmp_path / "run")
    config = TrainingConfig(**tiny_settings)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        train(config, tmp_path / "run")
    assert not [w for w in told if "noise_encoder" in str(w.message)]
    more = config.replace(steps=config.steps + config.log_every)
    RunFolder(tmp_path / "run").write_config(more)
    with pytest.warns(UserWarning, match="earlier state.*--task encoder --run"):
        train(more, tmp_path / "run")
