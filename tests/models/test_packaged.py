"""Models as small folders: what comes back, and what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest

from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models import ImageRepairer, TextToImageGAN, packaged


@pytest.fixture(scope="module")
def text_encoder():
    return GPT2TextEncoder.from_captions(
        ["a red circle", "a blue square", "一个红色的圆形"] * 4,
        vocabulary_size=280,
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        epochs=1,
        seed=0,
    )


@pytest.fixture
def gan(make_gan, text_encoder):
    gan = make_gan(judge=True, text_encoder=text_encoder, seed=3)
    rng = np.random.default_rng(0)
    shapes = [weight.shape for weight in gan.ema_generator.weights]
    gan.ema_generator.set_weights([rng.normal(0, 0.1, shape) for shape in shapes])
    gan.truncation = 1.5
    return gan


def test_a_model_comes_back_in_half_precision(gan, tmp_path):
    gan.save_to_preset(tmp_path / "model")
    loaded = TextToImageGAN.from_preset(tmp_path / "model")
    for part in ("ema_generator", "discriminator", "judge"):
        for one, other in zip(
            getattr(gan, part).weights, getattr(loaded, part).weights, strict=True
        ):
            np.testing.assert_array_equal(np.float16(one), np.float32(other))
    # The generator that training would go on from is the averaged one.
    for one, other in zip(
        loaded.generator.weights, loaded.ema_generator.weights, strict=True
    ):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(np.float16(gan.caption_bank), loaded.caption_bank)
    assert (loaded.seed, loaded.truncation) == (3, 1.5)
    prompts = ["a red circle", "一个红色的圆形"]
    change = np.abs(gan.generate(prompts).astype(int) - loaded.generate(prompts))
    assert change.max() <= 4


@pytest.mark.slow
def test_it_is_half_as_large_and_draws_the_same_in_a_fresh_process(gan, tmp_path):
    gan.save_to_preset(tmp_path / "model")
    parts = (gan.generator, gan.discriminator, gan.judge)
    numbers = sum(p.count_params() for p in parts) + np.size(gan.caption_bank)
    assert (tmp_path / "model/weights.npz").stat().st_size < 2.5 * numbers
    loaded = TextToImageGAN.from_preset(str(tmp_path / "model"))
    np.save(tmp_path / "here.npy", loaded.generate("a red circle", seed=4))
    script = (
        "import sys, numpy as np, aigc_keras as aigc\n"
        "gan = aigc.TextToImageGAN.from_preset(sys.argv[1] + '/model')\n"
        "there = gan.generate('a red circle', seed=4)\n"
        "assert np.array_equal(there, np.load(sys.argv[1] + '/here.npy'))\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)


@pytest.mark.parametrize(
    "name", ["config.json", "weights.npz", "text_encoder/config.json"]
)
def test_a_changed_file_is_refused_by_its_name(gan, name, tmp_path):
    gan.save_to_preset(tmp_path / "model")
    file = tmp_path / "model" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}, missing or changed"):
        TextToImageGAN.from_preset(tmp_path / "model")
    file.unlink()
    with pytest.raises(ValueError, match=f"{name}, missing or changed"):
        TextToImageGAN.from_preset(tmp_path / "model")


def test_saving_again_replaces_and_failing_leaves_nothing(gan, make_gan, tmp_path):
    gan.save_to_preset(tmp_path / "model")
    gan.save_to_preset(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    with pytest.raises(ValueError, match="Received: text_encoder=None"):
        make_gan().save_to_preset(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_preset_without_shipped_weights_says_so():
    with pytest.raises(ValueError, match="preset='tiny_32', weights='shipped'"):
        TextToImageGAN.from_preset("tiny_32")


def test_a_repairer_goes_along_in_half_precision(gan, text_encoder, tmp_path):
    repairer = ImageRepairer(
        32, text_encoder.text_dim, 4, base_channels=2, condition_dim=8, dtype="bfloat16"
    )
    rng = np.random.default_rng(1)
    shapes = [weight.shape for weight in repairer.weights]
    repairer.set_weights([rng.normal(0, 0.1, shape) for shape in shapes])
    gan.save_to_preset(tmp_path / "given", repairer=repairer)
    loaded = TextToImageGAN.from_preset(tmp_path / "given")
    # By itself from now on.
    loaded.save_to_preset(tmp_path / "again")
    again = TextToImageGAN.from_preset(tmp_path / "again").repairer
    assert again.compute_dtype == "float32"
    for weights in zip(repairer.weights, again.weights, strict=True):
        first, last = (np.float32(weight) for weight in weights)
        np.testing.assert_array_equal(np.float16(first), last)
    checked = json.loads((tmp_path / "again/checksums.json").read_text())
    assert {"repairer/repairer.json", "repairer/repairer.weights.h5"} <= set(checked)
    gan.save_to_preset(tmp_path / "bare")
    assert TextToImageGAN.from_preset(tmp_path / "bare").repairer is None


@pytest.mark.parametrize("name", packaged.shipped_models())
def test_a_shipped_model_is_whole_small_and_documented(name):
    folder = packaged.SHIPPED_FOLDER / name
    packaged.check_files(folder)
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    assert max(sizes) < 15e6
    card = (folder / "model_card.md").read_text(encoding="utf-8")
    for heading in ("Data", "Made by", "Figures", "Licence", "Limits"):
        assert f"## {heading}" in card
    assert json.loads((folder / "config.json").read_text())["format"] == 2


def test_shipped_models_stay_small_together():
    files = packaged.SHIPPED_FOLDER.rglob("*")
    assert sum(path.stat().st_size for path in files if path.is_file()) < 40e6


def test_shipped_models_are_read_in_keras_precision():
    gan = TextToImageGAN.from_preset("emoji_64")
    for network in (gan.generator, gan.discriminator, gan.judge):
        assert network.dtype_policy.name == "float32"
        assert {layer.compute_dtype for layer in network.layers} <= {"float32", "bool"}
