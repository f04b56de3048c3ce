import numpy as np
import pytest
import tensorflow_datasets as tfds

from aigc_keras.datasets import SOURCES, DatasetError, load_dataset
from aigc_keras.datasets.shapes import shapes_dataset_builder


def test_the_named_sources():
    assert {"shapes", "coco_folder", "coco_captions"} <= set(SOURCES)


def test_coco_captions_by_name(tmp_path):
    with tfds.testing.mock_data(num_examples=5):
        dataset = load_dataset(
            "coco_captions", "train", image_size=32, batch_size=2, data_dir=tmp_path
        )
        assert dataset.images.shape == (dataset.num_images, 32, 32, 3)
        assert len(dataset.captions) == dataset.num_images > 0
        assert all(isinstance(c, str) for c in dataset.flat_captions)


def test_shapes_with_a_configuration_and_a_slice(tmp_path, monkeypatch):
    small = dict.fromkeys(("train", "test"), (6, False))
    monkeypatch.setattr(shapes_dataset_builder, "SPLITS", small)
    dataset = load_dataset(
        "shapes/scenes", "train[:4]", image_size=32, prepared_dir=tmp_path
    )
    assert dataset.num_images == 4
    assert dataset.images.shape == (4, 32, 32, 3) and dataset.images.dtype == np.uint8
    with pytest.raises(DatasetError, match="'test', 'train'"):
        load_dataset("shapes/scenes", "dev", prepared_dir=tmp_path)


@pytest.mark.parametrize("name", ["no_such_data", "shapes/no_such_config"])
def test_unknown_names_are_refused(name, tmp_path):
    with pytest.raises((DatasetError, ValueError), match="no_such"):
        load_dataset(name, prepared_dir=tmp_path)


def test_data_without_captions_are_refused(tmp_path):
    with tfds.testing.mock_data(num_examples=2):
        with pytest.raises(DatasetError, match="text feature"):
            load_dataset("mnist", data_dir=tmp_path)


def test_a_read_only_folder_is_one_clear_line(tmp_path, monkeypatch):
    def full(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shapes_dataset_builder.Builder, "download_and_prepare", full)
    with pytest.raises(DatasetError, match="No space left"):
        load_dataset("shapes", prepared_dir=tmp_path)
