import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from aigc_keras.datasets import CaptionedDataset, CaptionTable, DatasetError, pipeline


def make_dataset(number=10, captions=3, **changes):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (number, 8, 8, 3)).astype("uint8")
    texts = np.array([[f"{i}/{j}" for j in range(captions)] for i in range(number)])

    def open_elements(decode):
        columns = {"captions": texts}
        if decode:
            columns["image"] = images
        return tf.data.Dataset.from_tensor_slices(columns)

    settings = {"num_images": number, "image_size": 8, "batch_size": 4, **changes}
    return images, CaptionedDataset("fake", "train", open_elements, **settings)


def make_table(dataset):
    number = len(dataset.flat_captions)
    rows = np.arange(number, dtype="int32")
    mask = np.ones((number, 1), bool)
    return CaptionTable(rows[:, None], mask, rows[:, None].astype("float16"))


@pytest.fixture(params=["memory", "files"])
def place(request, monkeypatch):
    if request.param == "files":
        monkeypatch.setattr(pipeline, "MEMORY_LIMIT", 0)
    return request.param


def rows_of(batches):
    return [batch["token_ids"].numpy()[:, 0].tolist() for batch in batches]


def test_pixels_change_range_and_back():
    pixels = tf.constant(np.arange(256, dtype="uint8").reshape(1, 1, 256, 1))
    scaled = pipeline.to_model_range(pixels)
    assert float(tf.reduce_min(scaled)) == -1.0 and float(tf.reduce_max(scaled)) == 1.0
    np.testing.assert_array_equal(pipeline.to_pixels(scaled), pixels)
    assert pipeline.to_pixels(tf.constant([-3.0, 3.0])).numpy().tolist() == [0, 255]


def test_resize_crops_the_centre_and_antialiases():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (40, 64, 3)).astype("uint8")
    found = pipeline.resize_image(tf.constant(image), 8).numpy().astype("int32")
    square = Image.fromarray(image[:, 12:52])
    expected = np.asarray(square.resize((8, 8), Image.Resampling.BICUBIC), "int32")
    assert np.abs(found - expected).mean() < 4
    with_alias = np.asarray(square.resize((8, 8), Image.Resampling.NEAREST), "int32")
    assert np.abs(with_alias - expected).mean() > 20


def test_a_batch_keeps_pictures_and_captions_together(place):
    images, dataset = make_dataset()
    batches = list(dataset.training_batches(make_table(dataset), seed=3).take(5))
    for batch in batches:
        pixels = pipeline.to_pixels(batch["image"]).numpy()
        rows = batch["token_ids"].numpy()[:, 0]
        np.testing.assert_array_equal(pixels, images[rows // 3])
        np.testing.assert_array_equal(batch["text_embedding"].numpy()[:, 0], rows)
        assert batch["image"].dtype == batch["text_embedding"].dtype == tf.float32


def test_an_epoch_shows_each_image_once(place):
    _, dataset = make_dataset(number=8)
    rows = rows_of(dataset.training_batches(make_table(dataset)).take(4))
    first, second = np.concatenate(rows[:2]) // 3, np.concatenate(rows[2:]) // 3
    assert sorted(first) == sorted(second) == list(range(8))
    assert first.tolist() != second.tolist()


def test_a_resumed_stream_is_the_unbroken_one(place):
    _, dataset = make_dataset()
    table = make_table(dataset)
    unbroken = rows_of(dataset.training_batches(table, seed=5).take(9))
    resumed = rows_of(dataset.training_batches(table, seed=5, start_step=4).take(5))
    assert resumed == unbroken[4:]
    assert rows_of(dataset.training_batches(table, seed=6).take(9)) != unbroken


def test_every_caption_has_its_turn(place):
    _, dataset = make_dataset(number=4)
    rows = np.concatenate(
        rows_of(dataset.training_batches(make_table(dataset)).take(40))
    )
    assert set(rows) == set(range(12))


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="batch_size"):
        make_dataset(batch_size=0)
    with pytest.raises(DatasetError, match="at least one image"):
        make_dataset(num_images=0)
