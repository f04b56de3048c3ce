"""Are held-out emoji drawn as the right kind of thing? A classifier of pictures says.

Run: python benchmarks/emoji_kinds.py [--preset emoji_64] [--run saved_models/runs/mine]

Trains a small classifier of Unicode's nine groups (animals, flags, food, ...) on the
pictures of `noto_emoji`'s split `train`, in a minute, and asks it about the real
pictures of `validation` and `test` and about drawings of their captions, those that say
the kind ("peach, a fruit") and the bare names ("peach"). It knows nothing of any model:
neither is it a part of one, nor was a drawing shown to it. Prints one line of JSON: the
share that is taken for the right group.
"""

import argparse
import importlib.resources
import json
import os
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="emoji_64")
    parser.add_argument("--run", help="a run's folder, in place of a preset")
    parser.add_argument("--prepared-dir", default="data")
    parser.add_argument("--epochs", type=int, default=25)
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    groups = read_groups()
    names = sorted(set(groups.values()))
    images, found, *_ = read_split("train", groups, options.prepared_dir)
    classifier = make_classifier(len(names))
    labels = np.array([names.index(group) for group in found])
    classifier.fit(images, labels, batch_size=64, epochs=options.epochs, verbose=0)
    gan = open_model(options.run, options.preset)
    if gan.generator.image_size != SIDE:
        sys.exit(f"The model must draw {SIDE} pixels, not {gan.generator.image_size}.")
    result = {}
    for split in HELD_OUT:
        images, found, bare, kinds = read_split(split, groups, options.prepared_dir)
        right = np.array([names.index(group) for group in found])
        shown = {"real": images}
        for what, captions in (("name and kind", kinds), ("name", bare)):
            shown[what] = np.asarray(to_model_range(draw_captions(gan, captions)))
        result[split] = {"number": len(right)} | {
            what: round(
                float((classifier.predict(x, verbose=0).argmax(1) == right).mean()), 3
            )
            for what, x in shown.items()
        }
    print(json.dumps(result))
