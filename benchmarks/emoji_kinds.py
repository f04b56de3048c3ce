"""Are held-out emoji drawn as the right kind of thing? A classifier of pictures says.

Run: python benchmarks/emoji_kinds.py [emoji_64] [saved_models/runs/mine ...]

Trains four small classifiers of Unicode's nine groups (animals, flags, food, ...) on
the pictures of `noto_emoji`'s split `train`, a minute each, and asks them about the
real pictures of `validation` and `test` and about drawings of their captions, those
that say the kind ("peach, a fruit") and the bare names ("peach"). They know nothing of
any model: neither are they parts of one, nor was a drawing shown to them. Prints one
line of JSON: the share that is taken for the right group, and half the range between
classifiers.
"""

import argparse
import importlib.resources
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.noto_emoji.kinds import CATALOGUE, kind_of
from aigc_keras.datasets.pipeline import to_model_range
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.training.run_folder import open_model

HELD_OUT = ("validation", "test")
SIDE = 64


def read_groups():
    """Return a dict from an English kind, such as "a fruit", to its group."""
    package, path = CATALOGUE
    file = importlib.resources.files(package).joinpath(path)
    groups = {}
    for entry in json.loads(file.read_text("utf-8")):
        code_points = entry["unified"].split("-")
        kind = kind_of("".join(chr(int(number, 16)) for number in code_points))
        if kind:
            groups[kind[0]] = entry["category"]
    return groups


def read_split(split, groups, prepared_dir):
    """Return pictures in [-1, 1], groups, names, and names with kinds.

    Emoji whose kind is not known are left out.
    """
    dataset = load_dataset("noto_emoji", split, SIDE, prepared_dir=prepared_dir)
    rows, found, names, kinds = [], [], [], []
    for row, captions in enumerate(dataset.captions):
        for caption in captions:
            name, _, kind = caption.rpartition(", ")
            if kind in groups:
                rows.append(row)
                found.append(groups[kind])
                names.append(name)
                kinds.append(caption)
    images = np.concatenate(
        [dataset.model_images(rows[i : i + 256]) for i in range(0, len(rows), 256)]
    )
    return images, found, names, kinds


def make_classifier(num_groups):
    """Return an untrained classifier that shifts, flips, scales and blurs."""
    layers = keras.layers
    white = {"fill_mode": "constant", "fill_value": 1.0}
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.RandomTranslation(0.1, 0.1, **white),
            layers.RandomFlip("horizontal"),
            layers.RandomZoom(0.1, **white),
            layers.GaussianNoise(0.2),
        ]
    )
    for width in (24, 48, 96, 192):
        model.add(layers.Conv2D(width, 3, padding="same", activation="relu"))
        model.add(layers.BatchNormalization())
        model.add(layers.MaxPool2D())
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(num_groups))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def open_any(name):
    """Load a model by a run's folder, a saved model's, or a preset's name."""
    is_run = (pathlib.Path(name) / "checkpoints").is_dir()
    gan = open_model(name) if is_run else open_model(preset=name)
    if gan.generator.image_size != SIDE:
        sys.exit(f"{name} must draw {SIDE} pixels, not {gan.generator.image_size}.")
    return gan


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=["emoji_64"])
    parser.add_argument("--prepared-dir", default="data")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--classifiers", type=int, default=4)
    options = parser.parse_args()
    groups = read_groups()
    names = sorted(set(groups.values()))
    images, found, *_ = read_split("train", groups, options.prepared_dir)
    labels = np.array([names.index(group) for group in found])
    classifiers = []
    for seed in range(options.classifiers):
        keras.utils.set_random_seed(seed)
        classifiers.append(make_classifier(len(names)))
        classifiers[-1].fit(
            images, labels, batch_size=64, epochs=options.epochs, verbose=0
        )

    def share_right(pictures, right):
        """Return the mean share over the classifiers, and half its range."""
        shares = [
            (np.argmax(one.predict_on_batch(pictures), axis=1) == right).mean()
            for one in classifiers
        ]
        return round(float(np.mean(shares)), 3), round(float(np.ptp(shares)) / 2, 3)

    gans = {name: open_any(name) for name in options.models}
    result = {}
    for split in HELD_OUT:
        images, found, bare, kinds = read_split(split, groups, options.prepared_dir)
        right = np.array([names.index(group) for group in found])
        result[split] = {"number": len(right), "real": share_right(images, right)}
        for name, gan in gans.items():
            for what, captions in (("name and kind", kinds), ("name", bare)):
                drawn = to_model_range(draw_captions(gan, captions))
                result[split][f"{name}, {what}"] = share_right(drawn, right)
    print(json.dumps(result))
