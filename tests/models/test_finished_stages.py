"""A text side whose training was stopped goes on after its last finished stage."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest

from aigc_keras.datasets import CaptionedDataset
from aigc_keras.models import TextToImageGAN, text_side
from aigc_keras.models.finished_stages import FinishedStages
from aigc_keras.models.image_encoder import ImageEncoder
from aigc_keras.models.text_side import TextSideSettings

pytestmark = pytest.mark.slow
SETTINGS = TextSideSettings(
    language_epochs=1,
    matching_steps=4,
    matching_batch_size=8,
    reading_steps=3,
    prior_steps=3,
    next_token_readout=True,
)


@pytest.fixture(scope="module")
def dataset():
    images = np.random.default_rng(0).integers(0, 256, (24, 32, 32, 3), "uint8")
    captions = [[f"number {k} of all of them", f"it is the {k}th"] for k in range(24)]
    return CaptionedDataset("noise", "train", images, captions, 8)


def adapted(dataset, folder):
    keras.utils.set_random_seed(0)
    gan = TextToImageGAN.from_preset("tiny_32", None)
    gan.adapt(dataset, SETTINGS, stages_dir=folder)
    return gan


@pytest.fixture(scope="module")
def unbroken(dataset):
    return adapted(dataset, None)


def assert_same(gan, other):
    pairs = [(gan.judge, other.judge), (gan.readout, other.readout)]
    encoders = gan.text_encoder, other.text_encoder
    pairs += [tuple(encoder.backbone for encoder in encoders)]
    pairs += [tuple(encoder.pooler for encoder in encoders)]
    for mine, theirs in pairs:
        assert mine is encoders[0].pooler or not mine.trainable_weights
        for weight, wanted in zip(mine.get_weights(), theirs.weights, strict=True):
            np.testing.assert_allclose(weight, wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gan.caption_bank, other.caption_bank, atol=2e-3)


@pytest.mark.parametrize(("stage", "call"), [("train_prior", 1), ("train_reading", 2)])
def test_a_stop_in_a_later_stage_changes_nothing(
    dataset, unbroken, tmp_path, monkeypatch, stage, call
):
    calls, real = [], getattr(text_side, stage)

    def stopped(*args):
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*args)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(text_side, stage, stopped)
        adapted(dataset, tmp_path / "kept")
    # What was finished is not done again.
    monkeypatch.setattr(text_side, "train_matching", None)
    assert_same(adapted(dataset, tmp_path / "kept"), unbroken)
    # Nor is the last stage, if the model could not be written after it.
    for name in ("train_reading", "train_prior"):
        monkeypatch.setattr(text_side, name, None)
    assert_same(adapted(dataset, tmp_path / "kept"), unbroken)


def test_what_was_learned_otherwise_is_not_read(dataset, unbroken, tmp_path):
    kept = FinishedStages(tmp_path / "kept", SETTINGS, unbroken.judge, dataset)
    assert kept.read() == (0, None, None)
    kept.write(2, unbroken.text_encoder, None)
    number, encoder, readout = kept.read()
    assert (number, readout) == (2, None)
    assert encoder.fingerprint() == unbroken.text_encoder.fingerprint()
    judge = unbroken.judge
    other_judge = ImageEncoder(32, judge.output_dim, 9, base_channels=2)
    turned = CaptionedDataset(
        "noise", "train", dataset.images[:, ::-1], dataset.captions, 8
    )
    for others in (
        (dataclasses.replace(SETTINGS, reading_steps=4), judge, dataset),
        (dataclasses.replace(SETTINGS, own_words=True), judge, dataset),
        (SETTINGS, other_judge, dataset),
        (SETTINGS, judge, dataset.with_caption_parts(0, 1)),
        (SETTINGS, judge, turned),
    ):
        other = FinishedStages(tmp_path / "kept", *others)
        assert other.read() == (0, None, None)


def test_of_two_stages_the_last_whole_one_counts(dataset, unbroken, tmp_path):
    kept = FinishedStages(tmp_path / "kept", SETTINGS, unbroken.judge, dataset)
    kept.write(1, unbroken.text_encoder, unbroken.readout)
    # As if the process had been killed before the first was removed.
    shutil.copytree(tmp_path / "kept" / "stage_1", tmp_path / "kept" / "stage_2")
    assert kept.read()[0] == 2
    weights = tmp_path / "kept" / "stage_2" / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:500])
    assert kept.read()[0] == 1
    kept.write(3, unbroken.text_encoder, unbroken.readout)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["stage_3"]


def test_a_folder_that_cannot_be_written_is_warned_of(dataset, unbroken, tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "kept"
    kept = FinishedStages(folder, SETTINGS, unbroken.judge, dataset)
    with pytest.warns(UserWarning, match="could not be kept.*file"):
        kept.write(1, unbroken.text_encoder, unbroken.readout)
