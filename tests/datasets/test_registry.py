"""Data sets by name, under tfds's own mock where they would need the network."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from aigc_keras.datasets import (
    SOURCES,
    DatasetError,
    Options,
    load_dataset,
    open_source,
    registry,
)
from aigc_keras.datasets.shapes import shapes_dataset_builder
from aigc_keras.datasets.shapes.examples import read_examples

ENGLISH_AND_CHINESE = ("mnist", "fashion_mnist", "cifar10", "cifar100")
LABELLED = (*ENGLISH_AND_CHINESE, "imagenet2012", "oxford_flowers102")


def load(name, tmp_path, **changes):
    settings = {"image_size": 16, "batch_size": 2, "data_dir": tmp_path / "tfds"}
    settings["prepared_dir"] = tmp_path / "prepared"
    with tfds.testing.mock_data(num_examples=5):
        return load_dataset(name, **{**settings, **changes})


def test_the_named_sources():
    assert {"shapes", "noto_emoji", "captioned_folder", "coco_folder"} <= set(SOURCES)
    assert {*LABELLED, "caltech_birds2011", "coco_captions"} <= set(SOURCES)


def coco_elements(self, split, decoders=None, **kwargs):
    """Elements of coco_captions' own features, as many captions as COCO has."""
    assert isinstance(self.info.features["image"], tfds.features.Image)
    assert set(self.info.features["captions"].feature) == {"id", "text"}
    rng = np.random.default_rng(0)

    def generate():
        for index in range(5):
            image = rng.integers(0, 256, (40 + index, 50, 3), np.uint8)
            yield {
                "image": tf.io.encode_jpeg(image).numpy(),
                "captions": {"text": [f"picture {index}", f"number {index}"]},
            }

    text = {"text": tf.TensorSpec((None,), tf.string)}
    signature = {"image": tf.TensorSpec((), tf.string), "captions": text}
    return tf.data.Dataset.from_generator(generate, output_signature=signature)


def test_coco_captions_by_name(tmp_path):
    # tfds cannot invent sequences of texts, so the elements are made here.
    with tfds.testing.mock_data(as_dataset_fn=coco_elements):
        dataset = load_dataset(
            "coco_captions",
            image_size=16,
            data_dir=tmp_path / "tfds",
            prepared_dir=tmp_path / "prepared",
        )
    assert dataset.images.shape == (5, 16, 16, 3)
    assert dataset.captions == [[f"picture {i}", f"number {i}"] for i in range(5)]


@pytest.mark.parametrize("name", LABELLED)
def test_a_classic_has_captions_from_its_class_names(name, tmp_path):
    dataset = load(name, tmp_path)
    assert dataset.images.shape == (5, 16, 16, 3)
    # ImageNet has two cranes and two maillots.
    assert len(set(dataset.class_names)) >= len(dataset.class_names) - 2
    for label, captions in zip(dataset.labels, dataset.captions, strict=True):
        assert all(dataset.class_names[label] in c for c in captions if c.isascii())
        chinese = [caption for caption in captions if not caption.isascii()]
        assert bool(chinese) == (name in ENGLISH_AND_CHINESE)


def test_names_of_classes(tmp_path):
    assert load("mnist", tmp_path).class_names[7] == "seven"
    assert load("cifar100", tmp_path).class_names[1] == "aquarium fish"
    assert load("imagenet2012", tmp_path).class_names[1] == "goldfish"
    assert load("oxford_flowers102", tmp_path).class_names[0] == "pink primrose"


def test_birds_carry_their_names_with_them(tmp_path):
    dataset = load("caltech_birds2011", tmp_path)
    assert dataset.labels.shape == (5,)
    assert all(c[0].startswith("a photo of a") for c in dataset.captions)


def test_any_tfds_data_set_by_its_features(tmp_path):
    # tf_flowers is not in the list: its label makes the captions.
    dataset = load("tf_flowers", tmp_path)
    assert "tulips" in dataset.class_names
    for label, captions in zip(dataset.labels, dataset.captions, strict=True):
        assert captions[-1] == dataset.class_names[label]
    named = load("caltech_birds2010", tmp_path, caption_feature="image/filename")
    assert named.labels is None and named.num_images == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"caption_feature": "nothing"}, "--caption-feature"),
        ({"caption_feature": "label"}, "--caption-feature"),
        ({"image_feature": "label"}, "--image-feature"),
        ({"image_feature": "nothing"}, "--image-feature"),
    ],
)
def test_features_that_are_not_there_are_refused(arguments, message, tmp_path):
    with pytest.raises(DatasetError, match=message):
        load("tf_flowers", tmp_path, **arguments)


def test_data_with_neither_captions_nor_classes_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="captions or a class label"):
        load("binarized_mnist", tmp_path)


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


@pytest.fixture
def small_shapes(monkeypatch):
    small = {"train": (30, False), "test_unseen": (10, True)}
    monkeypatch.setattr(shapes_dataset_builder, "SPLITS", small)


@pytest.mark.parametrize("split", ["train", "test_unseen"])
def test_the_class_of_a_single_shape_is_its_colour_and_shape(
    split, small_shapes, tmp_path
):
    dataset = load_dataset("shapes", split, 32, prepared_dir=tmp_path)
    source = open_source("shapes", Options(prepared_dir=tmp_path))
    assert len(set(dataset.class_names)) == len(dataset.class_names) == 48
    scenes = [example.scene for example in read_examples(source.builder, split)]
    said = [f"{s.objects[0].colour} {s.objects[0].shape}" for s in scenes]
    assert [dataset.class_names[label] for label in dataset.labels] == said
    assert len(set(said)) > 4


def test_scenes_of_several_objects_have_no_class(small_shapes, tmp_path):
    dataset = load_dataset("shapes/scenes", "train", 32, prepared_dir=tmp_path)
    assert dataset.labels is None and dataset.class_names is None


def test_what_was_prepared_before_there_were_classes_is_prepared_anew(
    small_shapes, tmp_path, monkeypatch
):
    def open_without(name, config, options):
        source = open_shapes(name, config, options)
        source.label_feature = source.class_names = None
        return source

    open_shapes = registry.SOURCES["shapes"].open
    with monkeypatch.context() as patch:
        patch.setitem(registry.SOURCES, "shapes", registry.Entry("", open_without))
        before = load_dataset("shapes", "train", 32, prepared_dir=tmp_path)
    after = load_dataset("shapes", "train", 32, prepared_dir=tmp_path)
    assert before.labels is None and after.labels.min() >= 0
    np.testing.assert_array_equal(before.images, after.images)


@pytest.mark.parametrize("name", ["no_such_data", "shapes/no_such_config"])
def test_unknown_names_are_refused(name, tmp_path):
    with pytest.raises((DatasetError, ValueError), match="no_such"):
        load_dataset(name, prepared_dir=tmp_path)


def test_a_read_only_folder_is_one_clear_line(tmp_path, monkeypatch):
    def full(self, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shapes_dataset_builder.Builder, "download_and_prepare", full)
    with pytest.raises(DatasetError, match="No space left"):
        load_dataset("shapes", prepared_dir=tmp_path)


def test_opening_prepares_nothing(tmp_path):
    source = open_source("shapes", Options(prepared_dir=tmp_path / "x"))
    assert source.description and not (tmp_path / "x").exists()
    assert registry.SOURCES["shapes"].description
