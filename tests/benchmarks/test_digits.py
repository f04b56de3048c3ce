"""What the benchmark of handwriting writes, and how it reads."""

import csv
import importlib.util
import pathlib

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from aigc_keras.datasets import Options, open_source

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def digits():
    path = ROOT / "benchmarks" / "digits.py"
    spec = importlib.util.spec_from_file_location("digits_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    digits.write_digits(folder, side=16, number=100)
    return folder


def test_digits_become_a_captioned_folder_with_a_held_out_fifth(folder):
    options = Options(data_dir=str(folder))
    source = open_source("captioned_folder", options)
    assert source.splits == {"train": 80, "test": 20}
    names = "zero one two three four five six seven eight nine".split()
    assert source.class_names == sorted(names)
    target = load_digits().target
    for split in source.splits:
        for element in source.elements(split):
            place = int(pathlib.Path(element.image).stem)
            name = source.class_names[element.label]
            assert name == names[target[place]]
            assert f"a handwritten {name}" in element.captions
            assert len(set(element.captions)) == 5
    labels = [element.label for element in source.elements("test")]
    assert set(np.bincount(labels)) == {2}


def test_pictures_are_the_digits_enlarged(digits, folder):
    with Image.open(folder / "0007.png") as image:
        assert image.size == (16, 16)
        pixels = np.asarray(image.convert("RGB"))
    original = load_digits().images[7].ravel() / 16
    features = digits.small_features(pixels[None])[0]
    assert np.corrcoef(features, original)[0, 1] > 0.97
    assert features.max() > 0.7 and features.min() < 0.05


def test_the_reader_averages_blocks(digits):
    blocks = np.kron(np.arange(64).reshape(8, 8), np.ones((4, 4)))
    images = np.repeat(blocks[None, ..., None], 3, axis=-1).astype("uint8")
    np.testing.assert_allclose(
        digits.small_features(images)[0], np.arange(64) / 255, rtol=1e-6
    )


def test_variety_is_within_a_digit(digits):
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 256, (2, 1, 32, 32, 3), "uint8")
    images = np.concatenate([one, one, other, other])
    assert digits.variety(images, np.array([0, 0, 1, 1])) == 0
    assert digits.variety(images, np.array([0, 1, 0, 1])) > 0


def test_every_row_names_a_picture_that_is_there(folder):
    with open(folder / "captions.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 500
    assert all((folder / row["image"]).is_file() for row in rows)
