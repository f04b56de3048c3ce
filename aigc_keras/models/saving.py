"""Writes a model as weights and JSON, and rebuilds it by this package's own code."""

import json
import os
import pathlib
import shutil

import keras

from aigc_keras.language.text_encoder import GPT2TextEncoder
from aigc_keras.models.compile_state import describe_compilation, restore_compilation
from aigc_keras.models.discriminator import Discriminator
from aigc_keras.models.generator import Generator
from aigc_keras.models.image_encoder import ImageEncoder
from aigc_keras.models.next_token_readout import make_readout
from aigc_keras.models.noise_encoder import NoiseEncoder

CONFIG_FILE = "model.json"
NETWORKS = ("generator", "discriminator", "judge", "noise_encoder")
WEIGHTS_FILE = "model.weights.h5"
TEXT_ENCODER_FOLDER = "text_encoder"
# Where GPT-2 learns: the one that the judge was trained with.
JUDGE_TEXT_ENCODER_FOLDER = "judge_text_encoder"


def save_model(gan, folder):
    """Write a `TextToImageGAN` to a folder that appears whole or not at all.

    Args:
        gan: `TextToImageGAN`.
        folder: Path. A model that lies there already is replaced.

    Raises:
        OSError: If the folder cannot be written.
    """
    folder = pathlib.Path(folder)
    staging = folder.with_name(f".{folder.name}.staging")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        config = {
            "format": 1,
            "generator": gan.generator.get_config(),
            "discriminator": gan.discriminator.get_config(),
            "judge": gan.judge.get_config() if gan.judge is not None else None,
            "bank_size": None
            if gan.caption_bank is None
            else int(gan.caption_bank.shape[0]),
            "readout": gan.readout is not None,
            "text_encoder": gan.text_encoder is not None,
            "seed": gan.seed,
            "truncation": gan.truncation,
            "train_text_encoder": gan.train_text_encoder,
            "captioner": gan.captioner_sizes,
            "noise_encoder": None
            if gan.noise_encoder is None
            else gan.noise_encoder.get_config(),
            "class_names": gan.class_names,
            "compilation": describe_compilation(gan),
        }
        (staging / CONFIG_FILE).write_text(json.dumps(config, indent=2))
        if gan.text_encoder is not None:
            gan.text_encoder.save_to_preset(staging / TEXT_ENCODER_FOLDER)
            if gan.judge_text_encoder is not gan.text_encoder:
                folder_of_judge = staging / JUDGE_TEXT_ENCODER_FOLDER
                gan.judge_text_encoder.save_to_preset(folder_of_judge)
        gan.save_weights(staging / WEIGHTS_FILE)
        replace_folder(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def replace_folder(staging, folder):
    """Rename `staging` to `folder`, putting an old folder out of the way first."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.replace(folder, old)
    os.replace(staging, folder)
    shutil.rmtree(old, ignore_errors=True)


def read_network_configs(path):
    """Read a model's settings, its networks without the precision they were made in.

    That one may have suited another machine: bfloat16 takes eight times as long where
    the processor lacks it. They get Keras's policy: float32, unless it is set.

    Args:
        path: Path of a JSON file with settings by network.
    """
    config = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    for network in NETWORKS:
        if config.get(network):
            config[network].pop("dtype", None)
    return config


def load_model(cls, folder, weights=None):
    """Read what `save_model` wrote; see `TextToImageGAN.load`."""
    folder = pathlib.Path(folder)
    if not (folder / CONFIG_FILE).is_file():
        raise ValueError(
            f"A model's folder must hold {CONFIG_FILE}; train one first, for instance "
            f"with `aigc-keras quickstart`. Received: {folder}"
        )
    config = read_network_configs(folder / CONFIG_FILE)
    generator = Generator.from_config(config["generator"])
    judge, bank = None, None
    if config["judge"] is not None:
        judge = ImageEncoder.from_config(config["judge"])
        bank = keras.ops.zeros((config["bank_size"], generator.text_dim))
    gan = cls(
        generator,
        Discriminator.from_config(config["discriminator"]),
        None,
        judge,
        bank,
        seed=config["seed"],
        truncation=config.get("truncation"),
        train_text_encoder=config.get("train_text_encoder", "frozen"),
        captioner=config.get("captioner"),
        noise_encoder=NoiseEncoder.from_config(config["noise_encoder"])
        if config.get("noise_encoder")
        else None,
        class_names=config.get("class_names"),
    )
    if config["text_encoder"]:
        encoder = GPT2TextEncoder.from_preset(folder / TEXT_ENCODER_FOLDER)
        judges = folder / JUDGE_TEXT_ENCODER_FOLDER
        has_own = judges.is_dir()
        judge_encoder = GPT2TextEncoder.from_preset(judges) if has_own else None
        gan.set_text_encoder(encoder, judge_encoder)
    if config.get("readout"):
        gan.readout = make_readout(judge, gan.judge_text_encoder.backbone)
    # Compiled, so that the optimizers' slots have a place to go.
    restore_compilation(gan, config.get("compilation", {}))
    gan.load_weights(weights or folder / WEIGHTS_FILE)
    return gan
