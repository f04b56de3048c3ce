"""Trained models as small folders: half precision on disk, checked when read."""

import hashlib
import json
import pathlib
import shutil

import numpy as np

from aigc_keras.language.text_encoder import GPT2TextEncoder
from aigc_keras.models.companions import PARTS, Companions
from aigc_keras.models.discriminator import Discriminator
from aigc_keras.models.generator import Generator
from aigc_keras.models.half_precision import halve_file, read_halves, write_halves
from aigc_keras.models.image_encoder import ImageEncoder
from aigc_keras.models.noise_encoder import NoiseEncoder
from aigc_keras.models.saving import (
    JUDGE_TEXT_ENCODER_FOLDER,
    TEXT_ENCODER_FOLDER,
    read_network_configs,
    replace_folder,
)

# Models that come with the package.
SHIPPED_FOLDER = pathlib.Path(__file__).with_name("shipped")
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "weights.npz"
CHECKSUMS_FILE = "checksums.json"
# A card explains and may be edited; everything else must be as it was written.
UNCHECKED = (CHECKSUMS_FILE, "model_card.md")


def save_packaged(gan, folder, **parts):
    """Write a model without its training state; see `TextToImageGAN.save_to_preset`."""
    folder = pathlib.Path(folder)
    if not parts.keys() <= PARTS.keys():
        raise ValueError(
            f"The parts must be some of {sorted(PARTS)}. Received: {sorted(parts)}"
        )
    if gan.text_encoder is None:
        raise ValueError(
            "`save_to_preset` needs a model with a text encoder. "
            "Received: text_encoder=None"
        )
    staging = folder.with_name(f".{folder.name}.staging")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        config = {
            "format": 2,
            "generator": gan.generator.get_config(),
            "discriminator": gan.discriminator.get_config(),
            "judge": gan.judge.get_config() if gan.judge is not None else None,
            "noise_encoder": None
            if gan.noise_encoder is None
            else gan.noise_encoder.get_config(),
            "seed": gan.seed,
            "truncation": gan.truncation,
            "class_names": gan.class_names,
        }
        (staging / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n")
        write_halves(staging / WEIGHTS_FILE, _collect(gan))
        gan.text_encoder.save_to_preset(staging / TEXT_ENCODER_FOLDER)
        if gan.judge_text_encoder is not gan.text_encoder:
            judges = staging / JUDGE_TEXT_ENCODER_FOLDER
            gan.judge_text_encoder.save_to_preset(judges)
        # What lies beside a loaded model goes along unless another is given.
        own = {name: getattr(gan.companions, name) for name in PARTS}
        own["repairer"] = gan.repairer
        for name, part in {**own, **parts}.items():
            if part is not None:
                part.save_to_preset(staging / name)
        for file in staging.rglob("*.h5"):
            halve_file(file)
        sums = {name: _checksum(staging / name) for name in _files(staging)}
        (staging / CHECKSUMS_FILE).write_text(json.dumps(sums, indent=2) + "\n")
        replace_folder(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def load_packaged(cls, folder, **kwargs):
    """Read what `save_packaged` wrote.

    Args:
        cls: `TextToImageGAN`.
        folder: Path.
        **kwargs: Passed to the constructor.

    Raises:
        ValueError: If the folder holds no model, or a file is not as it was written.
    """
    folder = pathlib.Path(folder)
    check_files(folder)
    try:
        return _read_model(cls, folder, kwargs)
    except ValueError as error:
        # Keras refuses what would run code or fill the memory, in many lines.
        reason = " ".join(str(error).split())
        raise ValueError(
            "A packaged model must be one that `save_to_preset` wrote. "
            f"Received: {folder} ({reason})"
        ) from error


def _read_model(cls, folder, kwargs):
    config = read_network_configs(folder / CONFIG_FILE)
    arrays = read_halves(folder / WEIGHTS_FILE)
    parts = {
        "generator": Generator.from_config(config["generator"]),
        "discriminator": Discriminator.from_config(config["discriminator"]),
    }
    bank = None
    if config["judge"] is not None:
        parts["judge"] = ImageEncoder.from_config(config["judge"])
        bank = arrays["caption_bank"]
    if config.get("noise_encoder"):
        parts["noise_encoder"] = NoiseEncoder.from_config(config["noise_encoder"])
    for name, part in parts.items():
        part.set_weights([arrays[f"{name}/{i}"] for i in range(len(part.weights))])
    encoder = GPT2TextEncoder.from_preset(folder / TEXT_ENCODER_FOLDER)
    settings = {
        "seed": config["seed"],
        "truncation": config["truncation"],
        "class_names": config.get("class_names"),
        **kwargs,
    }
    gan = cls(text_encoder=encoder, caption_bank=bank, **parts, **settings)
    judges = folder / JUDGE_TEXT_ENCODER_FOLDER
    if judges.is_dir():
        gan.set_text_encoder(encoder, GPT2TextEncoder.from_preset(judges))
    gan.companions = Companions(folder)
    return gan


def part_folder(preset, name):
    """Return the checked folder of a part of a packaged model.

    Args:
        preset: str or path. Name of a shipped model, or a folder by `save_to_preset`.
        name: str. A name in `PARTS`.

    Raises:
        ValueError: If there is no such model or part, or a file is not as it was
            written.
    """
    folder = pathlib.Path(preset)
    if preset in shipped_models():
        folder = SHIPPED_FOLDER / preset
    check_files(folder)
    if not (folder / name).is_dir():
        raise ValueError(
            f"The model must have the part {name}. Received: {preset}, without"
        )
    return folder / name


def check_files(folder):
    """Compare every file of a packaged model with its checksum.

    Raises:
        ValueError: If the folder holds no model, or a file is missing, changed, or
            not in the folder.
    """
    path = folder / CHECKSUMS_FILE
    if not path.is_file():
        raise ValueError(
            "A preset must be a name in `PRESETS` or a folder written by "
            f"`save_to_preset`. Received: {folder}"
        )
    sums = json.loads(path.read_text(encoding="utf-8"))
    for name in sums.keys() | set(_files(folder)):
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise ValueError(
                "A packaged model's files must lie in its folder. "
                f"Received: {folder / name}"
            )
    for name, expected in sums.items():
        file = folder / name
        if not file.is_file() or _checksum(file) != expected:
            raise ValueError(
                "A packaged model's files must be as they were written; install or "
                f"save it anew. Received: {file}, missing or changed"
            )


def shipped_models():
    """Return the names of the models that come with the package."""
    return sorted(path.parent.name for path in SHIPPED_FOLDER.glob(f"*/{CONFIG_FILE}"))


def _collect(gan):
    """Return a model's weights by part and number."""
    parts = {"generator": gan.ema_generator, "discriminator": gan.discriminator}
    if gan.judge is not None:
        parts["judge"] = gan.judge
    if gan.noise_encoder is not None:
        parts["noise_encoder"] = gan.ema_noise_encoder
    arrays = {
        f"{name}/{i}": weight
        for name, part in parts.items()
        for i, weight in enumerate(part.get_weights())
    }
    if gan.caption_bank is not None:
        arrays["caption_bank"] = np.asarray(gan.caption_bank)
    return arrays


def _files(folder):
    names = (
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )
    return sorted(name for name in names if name not in UNCHECKED)


def _checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
