"""The example folder that comes with the package."""

import pathlib

import numpy as np

from aigc_keras.datasets import load_dataset, read_image
from aigc_keras.datasets.shapes.example_folder import write_example_folder

EXAMPLE = pathlib.Path(__file__).parents[2] / "data" / "example"


def test_it_is_what_the_package_draws(tmp_path):
    write_example_folder(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} | {"README.md"} == {
        path.name for path in EXAMPLE.iterdir()
    }
    table = "captions.csv"
    assert (tmp_path / table).read_text("utf-8") == (EXAMPLE / table).read_text("utf-8")
    for path in tmp_path.glob("*.png"):
        # Another Pillow may smooth an edge differently.
        difference = read_image(path).astype(int) - read_image(EXAMPLE / path.name)
        assert np.abs(difference).mean() < 2


def test_it_loads(tmp_path):
    dataset = load_dataset(
        "captioned_folder", image_size=32, data_dir=EXAMPLE, prepared_dir=tmp_path
    )
    assert dataset.num_images == 12 and len(dataset.flat_captions) == 24
    assert dataset.report.num_faulty == 0
