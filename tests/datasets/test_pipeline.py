import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.datasets import (
    Augmentation,
    CaptionedDataset,
    CaptionTable,
    DatasetError,
    pipeline,
)


def make_dataset(number=10, captions=3, **changes):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (number, 8, 8, 3)).astype("uint8")
    texts = [[f"{i}/{j}" for j in range(captions)] for i in range(number)]
    settings = {"batch_size": 4, **changes}
    return images, CaptionedDataset("fake", "train", images, texts, **settings)


def make_table(dataset):
    number = len(dataset.flat_captions)
    rows = np.arange(number, dtype="int32")
    mask = np.ones((number, 1), bool)
    return CaptionTable(rows[:, None], mask, rows[:, None].astype("float16"))


def rows_of(batches):
    return [batch["token_ids"].numpy()[:, 0].tolist() for batch in batches]


def test_pixels_change_range_and_back():
    pixels = tf.constant(np.arange(256, dtype="uint8").reshape(1, 1, 256, 1))
    scaled = pipeline.to_model_range(pixels)
    assert float(tf.reduce_min(scaled)) == -1.0 and float(tf.reduce_max(scaled)) == 1.0
    np.testing.assert_array_equal(pipeline.to_pixels(scaled), pixels)
    assert pipeline.to_pixels(tf.constant([-3.0, 3.0])).numpy().tolist() == [0, 255]


def test_a_batch_keeps_pictures_and_captions_together():
    images, dataset = make_dataset()
    batches = list(dataset.training_batches(make_table(dataset), seed=3).take(5))
    for batch in batches:
        pixels = pipeline.to_pixels(batch["image"]).numpy()
        rows = batch["token_ids"].numpy()[:, 0]
        np.testing.assert_array_equal(pixels, images[rows // 3])
        np.testing.assert_array_equal(batch["text_embedding"].numpy()[:, 0], rows)
        assert batch["image"].dtype == batch["text_embedding"].dtype == tf.float32


def test_an_epoch_shows_each_image_once():
    _, dataset = make_dataset(number=8)
    rows = rows_of(dataset.training_batches(make_table(dataset)).take(4))
    first, second = np.concatenate(rows[:2]) // 3, np.concatenate(rows[2:]) // 3
    assert sorted(first) == sorted(second) == list(range(8))
    assert first.tolist() != second.tolist()


def test_a_resumed_stream_is_the_unbroken_one():
    _, dataset = make_dataset()
    table = make_table(dataset)
    unbroken = rows_of(dataset.training_batches(table, seed=5).take(9))
    resumed = rows_of(dataset.training_batches(table, seed=5, start_step=4).take(5))
    assert resumed == unbroken[4:]
    assert rows_of(dataset.training_batches(table, seed=6).take(9)) != unbroken


def test_every_caption_has_its_turn():
    _, dataset = make_dataset(number=4)
    rows = np.concatenate(
        rows_of(dataset.training_batches(make_table(dataset)).take(40))
    )
    assert set(rows) == set(range(12))


def test_labels_belong_to_their_pictures():
    labels = np.arange(10) % 3
    images, dataset = make_dataset(labels=labels)
    for batch in dataset.training_batches(make_table(dataset)).take(3):
        rows = batch["token_ids"].numpy()[:, 0] // 3
        np.testing.assert_array_equal(batch["label"], labels[rows])
    for unlabelled in (make_dataset()[1], dataset.with_classes(None)):
        (batch,) = unlabelled.training_batches(make_table(dataset)).take(1)
        assert "label" not in batch


def test_classes_are_names_that_have_labels():
    names = ["cat", "dog"]
    _, dataset = make_dataset(labels=np.arange(10) % 2, class_names=names)
    assert dataset.classes == names
    assert dataset.with_classes(names).labels is dataset.labels
    assert dataset.with_classes(["dog", "cat"]).classes is None
    assert make_dataset(class_names=names)[1].classes is None
    only = make_dataset(labels=np.zeros(10, int), class_names=["cat"])[1]
    assert only.classes is None


def test_a_part_of_a_caption_joins_each_images_captions():
    images = np.zeros((40, 8, 8, 3), "uint8")
    long = ["one two three four five six seven", "un deux trois quatre cinq zero sept"]
    texts = [*[list(long)] * 39, ["too short"]]
    whole = CaptionedDataset("fake", "train", images, texts, 4, labels=range(40))
    assert whole.row_splits[-1] == len(whole.flat_captions) == 79
    assert len(whole.owners) == len(whole.flat_captions)
    dataset = whole.with_caption_parts(0)
    for row, caption in zip(dataset.owners, dataset.flat_captions, strict=True):
        assert caption in dataset.captions[row]
    assert dataset.captions[-1] == ["too short"]
    parts = [captions[2] for captions in dataset.captions[:-1]]
    assert all(captions[:2] == long for captions in dataset.captions[:-1])
    assert {sum(part in text for text in long) for part in parts} == {1}
    assert len(set(parts)) > 20
    assert dataset.row_splits[-1] == len(dataset.flat_captions) == 79 + 39
    assert dataset.labels is whole.labels and dataset.images is whole.images
    three = whole.with_caption_parts(0, 3)
    assert [len(captions) for captions in three.captions] == [5] * 39 + [1]
    # What it was made of stays as it is, and one seed chooses one way.
    assert len(whole.captions[0]) == 2 and whole.row_splits[-1] == 79
    assert whole.with_caption_parts(0).captions == dataset.captions
    assert whole.with_caption_parts(1).captions != dataset.captions


def test_images_may_stay_on_disk(tmp_path):
    images, dataset = make_dataset()
    images.tofile(tmp_path / "pixels")
    mapped = np.memmap(tmp_path / "pixels", "uint8", "r", shape=images.shape)
    _, other = make_dataset()
    other.images = mapped
    table = make_table(dataset)
    for one, two in zip(
        dataset.training_batches(table).take(3),
        other.training_batches(table).take(3),
        strict=True,
    ):
        np.testing.assert_array_equal(one["image"], two["image"])


def test_augmentation_is_resumed_too():
    _, dataset = make_dataset()
    table, augment = make_table(dataset), Augmentation(["flip", "crop", "color_jitter"])
    unbroken = list(dataset.training_batches(table, augment=augment).take(5))
    (resumed,) = dataset.training_batches(table, start_step=4, augment=augment).take(1)
    np.testing.assert_array_equal(resumed["image"], unbroken[4]["image"])
    (plain,) = dataset.training_batches(table, start_step=4).take(1)
    assert np.abs(plain["image"] - resumed["image"]).max() > 0.1


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="batch_size"):
        make_dataset(batch_size=0)
    with pytest.raises(DatasetError, match="at least one image"):
        make_dataset(number=0)
    with pytest.raises(DatasetError, match="0 with captions"):
        make_dataset(captions=0)
