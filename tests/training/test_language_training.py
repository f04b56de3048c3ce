"""GPT-2 and the captioner are trained into a run's folder, and opened from it."""

import shutil

import keras
import numpy as np
import pytest

from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models import ImageCaptioner, TextToImageGAN
from aigc_keras.training import (
    RunError,
    RunFolder,
    TrainingConfig,
    TrainingDiverged,
    load_run,
    open_captioner,
    open_parts,
    open_prompt_writer,
    train_captioner,
    train_prompt_writer,
)


@pytest.fixture(scope="module")
def run_dir(tiny_run, tiny_settings, tmp_path_factory):
    """A finished run with a prompt writer and a captioner."""
    path = tmp_path_factory.mktemp("writing") / "run"
    shutil.copytree(tiny_run, path)
    config = TrainingConfig(**tiny_settings)
    train_captioner(config, path, steps=4)
    return path


def test_a_prompt_writer_shares_the_runs_vocabulary(run_dir):
    writer = open_prompt_writer(run_dir)
    folder = RunFolder(run_dir).model_path / "text_encoder"
    encoder = GPT2TextEncoder.from_preset(folder)
    assert writer.tokenizer.vocabulary == encoder.tokenizer.vocabulary
    assert len(writer.generate(num=3)) == 3


def test_a_captioner_is_opened_from_its_run(run_dir):
    captioner = open_captioner(run_dir)
    assert captioner.image_size == 32
    assert len(captioner.caption(np.zeros((2, 32, 32, 3), "uint8"))) == 2


@pytest.mark.slow
def test_the_same_settings_train_the_same(tiny_settings, tmp_path):
    config = TrainingConfig(**tiny_settings)
    models = [train_prompt_writer(config, tmp_path / n, 2)[0] for n in "ab"]
    for one, other in zip(*(m.backbone.get_weights() for m in models), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert RunFolder(tmp_path / "a").read_config() == config


@pytest.mark.slow
def test_training_again_replaces_what_was_there(run_dir, tiny_settings):
    before = open_prompt_writer(run_dir).backbone.get_weights()
    config = TrainingConfig(**{**tiny_settings, "seed": 5})
    model, _ = train_prompt_writer(config, run_dir, steps=1)
    after = open_prompt_writer(run_dir).backbone.get_weights()
    assert any(np.abs(a - b).max() > 0 for a, b in zip(before, after, strict=True))
    for ours, theirs in zip(after, model.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_mistake_leaves_no_run_behind(tiny_settings, tmp_path):
    wrong = TrainingConfig(**{**tiny_settings, "data_dir": str(tmp_path / "nowhere")})
    for train_part in (train_prompt_writer, train_captioner):
        with pytest.raises(ValueError, match="nowhere"):
            train_part(wrong, tmp_path / "run", 1)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_captioner_that_diverges_replaces_nothing(
    run_dir, tiny_settings, monkeypatch
):
    before = open_captioner(run_dir).prefix.get_weights()
    monkeypatch.setattr(ImageCaptioner, "compute_loss", nan_loss)
    with pytest.raises(TrainingDiverged, match="Received: nan"):
        train_captioner(TrainingConfig(**tiny_settings), run_dir, steps=2)
    for old, new in zip(
        before, open_captioner(run_dir).prefix.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def nan_loss(self, x, y, y_pred, *args, **kwargs):
    del self, x, y, args, kwargs
    return float("nan") * keras.ops.sum(y_pred)


def test_a_run_without_them_says_how_to_train_them(tiny_run, tmp_path):
    with pytest.raises(RunError, match="--task prompts --run"):
        open_prompt_writer(tiny_run)
    with pytest.raises(RunError, match="--task captioner --run"):
        open_captioner(tiny_run)
    with pytest.raises(RunError, match="must hold config.json"):
        open_captioner(tmp_path / "nowhere")
    with pytest.raises(RunError, match="nosuch"):
        open_captioner(preset="nosuch")


@pytest.mark.slow
def test_they_travel_with_a_packaged_model(run_dir, tiny_run, tmp_path):
    gan = load_run(run_dir)
    parts = open_parts(run_dir)
    captioner = parts["captioner"]
    gan.save_to_preset(tmp_path / "whole", **parts)
    gan.save_to_preset(tmp_path / "own")
    load_run(tiny_run).save_to_preset(tmp_path / "bare")
    packed = open_captioner(preset=str(tmp_path / "whole"))
    assert isinstance(packed, ImageCaptioner)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), "uint8")
    assert packed.caption(pictures) == captioner.caption(pictures)
    assert open_prompt_writer(preset=str(tmp_path / "whole")).generate(num=1)
    assert isinstance(TextToImageGAN.from_preset(tmp_path / "whole"), TextToImageGAN)
    assert open_parts(preset=str(tmp_path / "own")).keys() == parts.keys()
    assert not open_parts(preset=str(tmp_path / "bare"))
    with pytest.raises(RunError, match="must have the part captioner"):
        open_captioner(preset=str(tmp_path / "bare"))
