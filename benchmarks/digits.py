"""Draws and recognises real handwriting: the 1,797 `digits` of scikit-learn.

Run: python benchmarks/digits.py [--folder saved_models/runs/digits] [--seed 0]

Writes the digits as a captioned folder, a fifth of each kind held out as `test`; trains
a small GAN with a class head on the others; and measures how many held-out digits its
discriminator recognises, and how many of 500 captions it draws so that another
classifier, scikit-learn's support vector machine trained on the same digits, reads what
was asked for. What was trained already is not trained again. Writes a hundred drawings,
and prints one line of JSON. Needs scikit-learn, of the extra `test`.
"""

import argparse
import csv
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.class_captions import DIGITS
from aigc_keras.datasets.pictures import write_picture
from aigc_keras.evaluation import measure_split_recognition
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.training import TrainingConfig, train

SIDE, SMALL_SIDE = 32, 8
CAPTIONS = 500
ENGLISH = ("a handwritten {}", "the digit {}", "the number {} written by hand")
CHINESE = ("手写数字{}", "一个手写的{}")


def write_digits(folder, side=SIDE, number=None):
    """Write the digits as pictures with a `captions.csv`, white on black.

    Args:
        folder: Path. Files that are there already are replaced.
        side: int. Side of the pictures in pixels; the originals have eight.
        number: int. Digits at most, or None for all.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    pixels = np.round(digits.images[:number] * 255 / 16).astype("uint8")
    targets = digits.target[:number]
    places = np.arange(len(targets))
    _, held_out = train_test_split(
        places, test_size=0.2, random_state=0, stratify=targets
    )
    rows = [("image", "caption", "label", "split")]
    for place in places:
        name, digit = f"{place:04d}.png", targets[place]
        image = Image.fromarray(pixels[place])
        image.resize((side, side), Image.Resampling.BICUBIC).save(folder / name)
        split = "test" if place in held_out else "train"
        label = DIGITS.english[digit]
        rows += [(name, caption, label, split) for caption in captions_of(digit)]
    with open(folder / "captions.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def captions_of(digit):
    """Return what is said of a digit, a list of str."""
    english = [text.format(DIGITS.english[digit]) for text in ENGLISH]
    return english + [text.format(DIGITS.chinese[digit]) for text in CHINESE]


def small_features(images):
    """Return uint8 pictures as the classifier sees them: 64 greys from 0 to 1."""
    factor = images.shape[1] // SMALL_SIDE
    grey = np.asarray(images, "float32").mean(axis=-1)
    shape = (len(grey), SMALL_SIDE, factor, SMALL_SIDE, factor)
    return grey.reshape(shape).mean(axis=(2, 4)).reshape(len(grey), -1) / 255


def measure_drawings(gan, reader, class_names, number=CAPTIONS, seed=0):
    """Draw captions of every digit in turn, and let a classifier read them.

    Returns:
        Tuple of the share read as asked, and the drawings, digit after digit.
    """
    wanted = np.arange(number) % 10
    said = [captions_of(digit) for digit in range(10)]
    captions = [said[digit][i // 10 % 5] for i, digit in enumerate(wanted)]
    images = draw_captions(gan, captions, seed)
    read = [class_names[place] for place in reader.predict(small_features(images))]
    asked = [DIGITS.english[digit] for digit in wanted]
    return float(np.mean([a == b for a, b in zip(read, asked, strict=True)])), images


def variety(images, wanted):
    """Return how much pictures of one digit differ, mean absolute difference of greys.

    Args:
        images: uint8 array `(n, side, side, 3)`.
        wanted: int array `(n,)`, their digits.
    """
    features = small_features(images)
    differences = []
    for digit in np.unique(wanted):
        own = features[wanted == digit]
        # Of a picture and itself there is no difference to speak of.
        pairs = len(own) * (len(own) - 1) * own.shape[1]
        differences.append(np.abs(own[:, None] - own[None]).sum() / pairs)
    return float(np.mean(differences))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default="saved_models/runs/digits")
    parser.add_argument("--prepared-dir", default="data")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--recipe", default="kinds")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = pathlib.Path(options.folder)
    if not (folder / "pictures" / "captions.csv").exists():
        write_digits(folder / "pictures")
    source = {
        "data_dir": str(folder / "pictures"),
        "prepared_dir": options.prepared_dir,
    }
    config = TrainingConfig(
        dataset="captioned_folder",
        preset="shapes_32",
        image_size=SIDE,
        matching_steps=300,
        reading_steps=300,
        steps=options.steps,
        recipe=options.recipe,
        seed=options.seed,
        **source,
    )
    gan, _ = train(config, folder / f"run_{options.recipe}_{options.seed}")
    known, held_out = (
        load_dataset("captioned_folder", split, SIDE, **source)
        for split in ("train", "test")
    )
    reader = SVC(gamma="scale").fit(small_features(known.images), known.labels)
    share, images = measure_drawings(gan, reader, known.class_names)
    write_picture(images[:100], str(folder / "drawings.png"), columns=10, scale=2)
    recognition = measure_split_recognition(gan, held_out)
    figures = {
        "steps": options.steps,
        "recognition": recognition["ways"],
        "detection": recognition["detection"],
        "reader_accuracy": reader.score(
            small_features(held_out.images), held_out.labels
        ),
        "drawn_as_asked": share,
        "variety": variety(images, np.arange(len(images)) % 10),
        "variety_of_real": variety(held_out.images, held_out.labels),
    }
    print(json.dumps(figures))
