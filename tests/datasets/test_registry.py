import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from aigc_keras.datasets import SOURCES, DatasetError, load_dataset
from aigc_keras.datasets.shapes import shapes_dataset_builder


def test_the_named_sources():
    assert {"shapes", "coco_folder", "coco_captions"} <= set(SOURCES)


def coco_elements(self, split, decoders=None, **kwargs):
    """Elements of coco_captions' own features, as many captions as COCO has."""
    assert isinstance(self.info.features["image"], tfds.features.Image)
    assert set(self.info.features["captions"].feature) == {"id", "text"}
    rng = np.random.default_rng(0)

    def generate():
        for index in range(5):
            image = rng.integers(0, 256, (40 + index, 50, 3), np.uint8)
            skip = decoders and "image" in decoders
            yield {
                "image": tf.io.encode_png(image).numpy() if skip else image,
                "captions": {"id": [1] * 5, "text": [f"picture {index}"] * 5},
            }

    image = (
        tf.TensorSpec((), tf.string)
        if decoders
        else tf.TensorSpec((None, None, 3), tf.uint8)
    )
    captions = {
        "id": tf.TensorSpec((None,), tf.int64),
        "text": tf.TensorSpec((None,), tf.string),
    }
    return tf.data.Dataset.from_generator(
        generate, output_signature={"image": image, "captions": captions}
    )


def test_coco_captions_by_name(tmp_path):
    # tfds invents a different number of ids and texts, which no COCO file has.
    with tfds.testing.mock_data(as_dataset_fn=coco_elements):
        dataset = load_dataset(
            "coco_captions", "train", image_size=32, batch_size=2, data_dir=tmp_path
        )
        assert dataset.images.shape == (dataset.num_images, 32, 32, 3)
        assert dataset.captions == [[f"picture {i}"] * 5 for i in range(5)]


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
