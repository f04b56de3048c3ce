import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from aigc_keras.datasets import DatasetError, load_dataset
from aigc_keras.evaluation import evaluate_gan
from aigc_keras.models import PRESETS, TextToImageGAN, text_side
from aigc_keras.training import (
    RunError,
    RunFolder,
    TrainingConfig,
    TrainingDiverged,
    load_run,
    open_captioner,
    open_model,
    open_prompt_writer,
    train,
    trainer,
)
from aigc_keras.training.checkpoints import Checkpoints
from aigc_keras.training.recipes import RECIPES

SCRIPT = """
import json, sys
from aigc_keras.training import TrainingConfig, train
train(TrainingConfig(**json.loads(sys.argv[1])), sys.argv[2])
"""


def start(settings, path):
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, json.dumps(settings), str(path)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def finish(settings, path):
    process = start(settings, path)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()


@pytest.mark.slow
def test_a_run_stopped_before_its_gan_goes_on_after_the_last_stage(
    tiny_settings, tmp_path, monkeypatch
):
    config = TrainingConfig(**{**tiny_settings, "warm_up_steps": 2, "steps": 2})

    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(trainer, "warm_up", stopped)
        train(config, tmp_path)
    kept = RunFolder(tmp_path).text_side_path
    assert [path.name for path in kept.iterdir()] == ["stage_2"]
    monkeypatch.setattr(text_side, "train_matching", None)
    train(config, tmp_path)
    assert RunFolder(tmp_path).checkpoints.newest() == 2
    assert not kept.exists()


def test_a_run_is_one_folder(tiny_run, tiny_settings):
    run = RunFolder(tiny_run)
    assert run.read_config() == TrainingConfig(**tiny_settings)
    assert [entry["step"] for entry in run.read_metrics()] == [2, 4, 6]
    for entry in run.read_metrics():
        assert np.isfinite(list(entry.values())).all()
        assert {"generator_loss", "discriminator_loss", "judge_matching"} <= set(entry)
    assert run.checkpoints.steps() == [4, 6]
    grids = sorted(path.name for path in (tiny_run / "samples").glob("*.png"))
    # Every fourth step, and the last.
    assert grids == ["step_00000004.png", "step_00000006.png"]
    with Image.open(tiny_run / "samples" / "step_00000004.png") as grid:
        assert grid.size == (6 * 32, 8 * 32)
    assert len((tiny_run / "samples" / "captions.txt").read_text().splitlines()) == 8
    assert "coco_folder" in (tiny_run / "model_card.md").read_text()
    tags = set()
    for path in (tiny_run / "events").iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            tags |= {value.tag for value in event.summary.value}
    assert {"generator_loss", "learning_rate", "samples"} <= tags


def test_the_trained_model_is_loaded_by_its_folder(tiny_run):
    gan = load_run(tiny_run)
    assert int(gan.optimizer.iterations) == 6
    assert int(gan.discriminator_optimizer.iterations) == 6
    images = gan.generate(["a small red circle", "一个红色的小圆形"], seed=3)
    assert images.shape == (2, 32, 32, 3) and images.dtype == np.uint8
    np.testing.assert_array_equal(
        images,
        load_run(tiny_run).generate(["a small red circle", "一个红色的小圆形"], seed=3),
    )


@pytest.mark.slow
def test_a_data_set_with_classes_gives_them_to_the_model(labelled_run, tiny_run):
    assert load_run(labelled_run).class_names == ["cold", "grey", "warm"]
    for entry in RunFolder(labelled_run).read_metrics():
        assert 0 < entry["discriminator_classes"] < 10
    assert load_run(tiny_run).class_names is None
    assert "discriminator_classes" not in RunFolder(tiny_run).last_losses()


def test_running_a_finished_run_again_changes_nothing(tiny_run, tiny_settings):
    before = (tiny_run / "metrics.jsonl").read_text()
    gan, _ = train(TrainingConfig(**tiny_settings), tiny_run)
    assert int(gan.optimizer.iterations) == 6
    assert (tiny_run / "metrics.jsonl").read_text() == before


@pytest.mark.parametrize("parts", [0, 2])
def test_a_gan_may_learn_parts_of_captions(
    tiny_run, tiny_settings, tmp_path, parts, monkeypatch
):
    shutil.copytree(tiny_run, tmp_path / "run")
    # Old samples may go.
    shutil.rmtree(tmp_path / "run" / "samples")
    run = RunFolder(tmp_path / "run")
    config = run.read_config().replace(caption_parts=parts, steps=8)
    run.write_config(config)
    learned = []
    monkeypatch.setattr(TextToImageGAN, "fit", lambda gan, x, **_: learned.append(x))
    train(config, run.path)
    dataset = load_dataset(
        "coco_folder", "train", 32, 4, **trainer.dataset_arguments(config)
    )
    expected = dataset.with_caption_parts(config.seed, parts)
    assert [x.captions for x in learned] == [expected.captions]
    assert (run.path / "samples").is_dir()
    more = len(expected.flat_captions) - len(dataset.flat_captions)
    assert more == parts * dataset.num_images
    # Parts are nobody's captions.
    card = (run.path / "model_card.md").read_text()
    assert f"{len(dataset.flat_captions):,} captions" in card


def test_a_run_may_have_a_prior(labelled_run, tiny_run):
    for run, expected in ((labelled_run, True), (tiny_run, False)):
        last = load_run(run).text_encoder.pooler.layers[-1]
        assert (last.name == "prior") == expected


@pytest.mark.parametrize("steps", [0, 7])
def test_the_generator_may_warm_up_before_the_gan(
    tiny_settings, tmp_path, monkeypatch, steps
):
    done, how = [], []
    monkeypatch.setattr(TextToImageGAN, "adapt", lambda *_: done.append("adapt"))
    monkeypatch.setattr(TextToImageGAN, "save", lambda *_: done.append("save"))

    def warm_up(gan, dataset, steps, cache_dir, **options):
        done.append(steps)
        how.append(options)

    monkeypatch.setattr(trainer, "warm_up", warm_up)
    config = TrainingConfig(**{**tiny_settings, "warm_up_steps": steps})
    settings = trainer.dataset_arguments(config)
    dataset = load_dataset("coco_folder", "train", 32, 4, **settings)
    trainer._make_model(RunFolder(tmp_path), config, dataset)
    assert done == ["adapt", *([steps] if steps else []), "save"]
    few = RECIPES["few"]
    wanted = {"picture_size": few.warm_up_size, "text_noise": few.text_noise}
    assert how == ([wanted] if steps else [])


@pytest.mark.parametrize(("recipe", "finds"), [("few", False), ("many", True)])
def test_noise_is_looked_for_where_it_leads_back_to_a_picture(
    tiny_settings, tmp_path, monkeypatch, recipe, finds
):
    finder = {"base_channels": 2, "hidden_dim": 8}
    preset = {**PRESETS["tiny_32"], "noise_encoder": finder}
    monkeypatch.setitem(PRESETS, "finding_32", preset)
    for name in ("adapt", "save"):
        monkeypatch.setattr(TextToImageGAN, name, lambda *_: None)
    settings = {**tiny_settings, "preset": "finding_32", "recipe": recipe}
    config = TrainingConfig(**settings)
    source = trainer.dataset_arguments(config)
    dataset = load_dataset("coco_folder", "train", 32, 4, **source)
    gan = trainer._make_model(RunFolder(tmp_path), config, dataset)
    assert (gan.noise_encoder is not None) == finds


@pytest.mark.slow
def test_a_finished_run_draws_from_standard_noise(tiny_settings, tmp_path, monkeypatch):
    finder = {"base_channels": 2, "hidden_dim": 8}
    preset = {**PRESETS["tiny_32"], "noise_encoder": finder}
    monkeypatch.setitem(PRESETS, "finding_32", preset)
    settings = {**tiny_settings, "preset": "finding_32", "when_disk_full": "continue"}
    config = TrainingConfig(**settings, recipe="many")
    standardize, save, done = trainer.standardize_noise, Checkpoints.save, []

    def count(gan, dataset):
        done.append(gan.noise_encoder.get_layer("mean").get_weights()[1])
        return standardize(gan, dataset)

    def fill(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    def forget_the_last(checkpoints, gan, step, **kwargs):
        (fill if step == 6 else save)(checkpoints, gan, step, **kwargs)

    # A state that was not written is not thrown away for the one before.
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", forget_the_last)
        with pytest.warns(UserWarning, match="disk is full"):
            gan, run = train(config, tmp_path)
    checkpoints = run.checkpoints
    assert int(gan.optimizer.iterations) == 6 and checkpoints.steps() == [2, 4]
    assert not any(map(checkpoints.has_standard_noise, (2, 4)))
    # Where the disk is full only then, the run is done but for that.
    checkpoints.mark_best(4)
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "standardize_noise", fill)
        with pytest.warns(UserWarning, match="noise is not standardized"):
            train(config, tmp_path)
    assert checkpoints.newest() == 6 and not checkpoints.has_standard_noise(6)
    assert (tmp_path / "model_card.md").is_file()
    monkeypatch.setattr(trainer, "standardize_noise", count)
    gan, _ = train(config, tmp_path)
    # The best checkpoint and the last one, each from its own weights.
    assert len(done) == 2 and not np.array_equal(*done)
    assert all(checkpoints.has_standard_noise(step) for step in (4, 6))
    assert int(gan.optimizer.iterations) == 6 and checkpoints.is_whole(6)
    bias = gan.noise_encoder.get_layer("mean").get_weights()[1]
    assert not np.array_equal(bias, done[1])
    # The grid shows what is drawn then.
    captions = (tmp_path / "samples" / "captions.txt").read_text().splitlines()
    drawn = [gan.generate(captions[:1], seed=seed)[0] for seed in range(6)]
    grid = np.asarray(Image.open(tmp_path / "samples" / "step_00000006.png"))
    near = np.abs(np.concatenate(drawn, axis=1).astype(int) - grid[:32]).max()
    assert near <= 1
    # Once is enough.
    again, _ = train(config, tmp_path)
    assert len(done) == 2
    np.testing.assert_array_equal(
        again.generate(["a cat"], seed=3), gan.generate(["a cat"], seed=3)
    )


def test_other_settings_need_another_folder(tiny_run, tiny_settings):
    with pytest.raises(RunError, match="different seed"):
        train(TrainingConfig(**tiny_settings, seed=5), tiny_run)


@pytest.mark.slow
def test_minutes_are_settled_into_steps(
    tiny_settings, begin_run, tmp_path, monkeypatch
):
    rates = []

    class Recorder(trainer.LearningRate):
        def on_train_batch_begin(self, batch, logs=None):
            super().on_train_batch_begin(batch, logs)
            rates.append(float(self.model.optimizer.learning_rate))

    monkeypatch.setattr(trainer, "LearningRate", Recorder)
    config = TrainingConfig(**{**tiny_settings, "steps": None, "minutes": 0.02})
    gan, run = train(config, begin_run(tmp_path / "run"))
    settled = run.read_config()
    assert settled.minutes is None
    assert settled.steps == int(gan.optimizer.iterations) == run.checkpoints.steps()[-1]
    # The timed steps once ran at the peak, and the discriminator won in them.
    assert len(rates) == settled.steps
    assert rates[0] < config.generator_learning_rate / 100
    assert rates[:100] == sorted(rates[:100])
    # The same command again finds the run finished.
    assert int(train(config, tmp_path / "run")[0].optimizer.iterations) == settled.steps


@pytest.mark.slow
def test_nan_stops_the_run_and_keeps_the_last_good_checkpoint(
    tiny_settings, begin_run, tmp_path
):
    settings = {
        **tiny_settings,
        "generator_learning_rate": 1e30,
        "steps": 40,
        "save_every": 2,
    }
    with pytest.raises(TrainingDiverged, match="is not finite"):
        train(TrainingConfig(**settings), begin_run(tmp_path / "run"))
    run = RunFolder(tmp_path / "run")
    for step in run.checkpoints.steps():
        gan = load_run(tmp_path / "run")
        gan.load_weights(run.checkpoints.weights_path(step))
        assert all(np.isfinite(w.numpy()).all() for w in gan.discriminator.weights)


@pytest.mark.slow
def test_kill_9_at_two_moments_changes_nothing(tiny_run, tiny_settings, tmp_path):
    broken = RunFolder(tmp_path / "broken")
    # In the text side's training, and after a checkpoint.
    moments = (
        lambda: broken.config_path.exists(),
        lambda: 2 in broken.checkpoints.steps(),
    )
    for reached in moments:
        process = start(tiny_settings, broken.path)
        deadline = time.monotonic() + 200
        while not reached():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert broken.checkpoints.newest() < 6
    finish(tiny_settings, broken.path)
    unbroken = RunFolder(tiny_run)
    assert broken.read_metrics() == unbroken.read_metrics()
    first, second = load_run(unbroken.path), load_run(broken.path)
    assert int(first.optimizer.iterations) == int(second.optimizer.iterations) == 6
    for ours, theirs in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    optimizers = [
        (first.optimizer, second.optimizer),
        (first.discriminator_optimizer, second.discriminator_optimizer),
    ]
    for ours, theirs in optimizers:
        for a, b in zip(ours.variables, theirs.variables, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize(
    "change, message",
    [
        ({"steps": 0}, "steps"),
        ({"image_size": 48}, "image_size"),
        ({"batch_size": 1}, "at least 2"),
        ({"loss": "l2"}, "hinge"),
        ({"penalty": "r9"}, "r1"),
        ({"preset": "tiny"}, "shapes_64"),
        ({"save_every": 3}, "multiple"),
        ({"minutes": 3.0}, "Either"),
    ],
)
def test_bad_settings_are_refused(tiny_settings, change, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**{**tiny_settings, **change})


def test_missing_and_unfinished_runs_are_named(tmp_path, tiny_settings):
    with pytest.raises(RunError, match="train first"):
        load_run(tmp_path / "nowhere")
    RunFolder(tmp_path / "new").start(TrainingConfig(**tiny_settings))
    with pytest.raises(RunError, match="checkpoint"):
        load_run(tmp_path / "new")


def test_few_pictures_have_their_own_recipe(tiny_run):
    gan = load_run(tiny_run)
    assert gan.diff_augment.policy == ("color", "translation", "cutout")
    assert gan.loss_weights == RECIPES["few"].loss_weights


def test_a_flip_that_would_lie_stops_before_the_run_begins(tiny_settings, tmp_path):
    config = TrainingConfig(**tiny_settings, augmentation=("flip",))
    with pytest.raises(DatasetError, match="'flip' would make captions untrue"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_growing_batch_trains_to_the_last_step(tiny_settings, begin_run, tmp_path):
    settings = {**tiny_settings, "batch_doublings": 1, "steps": 4, "schedule": "cosine"}
    whole, run = train(TrainingConfig(**settings), begin_run(tmp_path / "whole"))
    assert int(whole.optimizer.iterations) == 4
    assert [entry["step"] for entry in run.read_metrics()] == [2, 4]
    # The larger half of the batch counts: a run without growth ends elsewhere.
    settings["batch_doublings"] = 0
    plain, _ = train(TrainingConfig(**settings), begin_run(tmp_path / "plain"))
    weights = [gan.generator.get_weights() for gan in (whole, plain)]
    assert any(np.any(a != b) for a, b in zip(*weights, strict=True))


def test_a_model_is_opened_from_a_run_or_a_folder(tiny_run, tmp_path):
    load_run(tiny_run).save_to_preset(tmp_path / "saved")
    first = open_model(run=tiny_run).generate("a ring", seed=1)
    second = open_model(preset=tmp_path / "saved").generate("a ring", seed=1)
    assert np.abs(first.astype(int) - second).max() <= 4
    with pytest.raises(RunError, match="nowhere"):
        open_model(preset="nowhere")


@pytest.mark.slow
def test_one_run_trains_gan_gpt2_and_captioner(tiny_settings, tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS["tiny_32"], "captioner", {"base_channels": 2})
    settings = {**tiny_settings, "steps": 4, "train_text_encoder": "full"}
    gan, run = train(TrainingConfig(**settings), tmp_path / "run")
    assert {"language_model", "captioner"} <= set(run.last_losses())
    loaded = load_run(tmp_path / "run")
    text = ["a small red ring"]
    np.testing.assert_array_equal(loaded.generate(text), gan.generate(text))
    pictures = gan.generate(text * 2)
    written = open_captioner(tmp_path / "run").caption(pictures)
    assert written == gan.captioner.caption(pictures)
    assert open_prompt_writer(tmp_path / "run").generate(num=2)
    # Measured by the vectors the judge was trained with.
    figures = evaluate_gan(loaded, run.read_config().to_dict(), num_images=4)
    assert {"language_model", "captioner"} <= set(figures["train"]["losses"])
    # Run again, there is nothing to do: what was trained separately stays.
    (run.captioner_path / "mine.txt").touch()
    train(TrainingConfig(**settings), tmp_path / "run")
    assert (run.captioner_path / "mine.txt").exists()
