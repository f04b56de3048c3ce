"""Examples are the same wherever they are made: here, in a pool, by Apache Beam."""

import io
import os
import signal

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from aigc_keras.datasets import (
    DatasetError,
    ImageError,
    folder_builder,
    record_builder,
)
from aigc_keras.datasets.captioned_folder import captioned_folder_dataset_builder
from aigc_keras.datasets.captioned_folder.reading import read_captioned_folder
from aigc_keras.datasets.record_builder import RecordBuilder
from aigc_keras.datasets.shapes import shapes_dataset_builder

HERE = {"processes": 1}
POOL = {"processes": 2}
BEAM = tfds.download.DownloadConfig(beam_runner="DirectRunner")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(record_builder, "CHUNK", 3)


@pytest.fixture
def pictures(tmp_path):
    """A folder of forty pictures, one of no kind and one cut in half."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = ["image,caption"]
    for i in range(40):
        Image.new("RGB", (12, 10), (6 * i, 0, 255 - 6 * i)).save(folder / f"{i}.png")
        lines.append(f"{i}.png,picture {i}")
    (folder / "7.png").write_bytes(b"no picture")
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), "uint8")
    Image.fromarray(noise).save(folder / "31.png")
    whole = (folder / "31.png").read_bytes()
    (folder / "31.png").write_bytes(whole[: len(whole) // 2])
    (folder / "captions.csv").write_text("\n".join(lines))
    return folder


def records(builder, config=None):
    """Prepare, and return each split's records in their order."""
    builder.download_and_prepare(download_config=config)
    return {
        split: [record.numpy() for record in tf.data.TFRecordDataset(info.filepaths)]
        for split, info in builder.info.splits.items()
    }


@pytest.mark.slow
def test_a_pool_and_beam_write_what_one_process_writes(tmp_path, monkeypatch):
    sizes = {"train": (30, False), "test_unseen": (5, True)}
    monkeypatch.setattr(shapes_dataset_builder, "SPLITS", sizes)

    def made(name, config=None, **kwargs):
        return records(
            shapes_dataset_builder.Builder(data_dir=tmp_path / name, **kwargs), config
        )

    here = made("here", **HERE)
    assert [len(here[split]) for split in sizes] == [30, 5]
    assert made("pool", **POOL) == here
    assert made("beam", BEAM) == here


@pytest.mark.parametrize(
    ("kwargs", "config", "first"),
    [(HERE, None, ": 20.png"), (POOL, None, ": 20.png"), ({}, BEAM, "")],
    ids=["here", "pool", "beam"],
)
def test_broken_pictures_are_left_out_and_counted(
    pictures, tmp_path, kwargs, config, first
):
    def builder(name):
        return captioned_folder_dataset_builder.Builder(
            source_dir=pictures, data_dir=tmp_path / name, **kwargs
        )

    (train,) = records(builder("few"), config).values()
    assert len(train) == 38
    # A third one is more than 5%.
    (pictures / "20.png").unlink()
    broken = builder("many")
    with pytest.raises(DatasetError, match=f"3 of 40.*1 missing.*{first}") as caught:
        broken.download_and_prepare(download_config=config)
    assert "\n" not in str(caught.value)
    assert not broken.data_path.exists()


class Numbers(RecordBuilder, skip_registration=True):
    """Numbers from 0, made by a function that a test chooses."""

    VERSION = tfds.core.Version("1.0.0")
    make = None

    def _info(self):
        features = tfds.features.FeaturesDict({"number": tf.int64})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        del dl_manager
        return {"train": self._generate_examples(range(20))}

    def _generate_examples(self, items):
        return self._make_examples(items, type(self).make)


def odd(number):
    return (number, {"number": number}) if number % 2 else None


def killed(number):
    if number == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    return odd(number)


@pytest.mark.parametrize("processes", [1, 2])
def test_what_is_not_there_is_no_fault(tmp_path, monkeypatch, processes):
    monkeypatch.setattr(Numbers, "make", staticmethod(odd))
    seen = []
    builder = Numbers(data_dir=tmp_path, processes=processes)
    builder.on_example = lambda done, total: seen.append((done, total))
    monkeypatch.setattr(record_builder, "EXAMPLES_BETWEEN_CALLS", 5)
    builder.download_and_prepare()
    numbers = [int(row["number"]) for row in builder.as_dataset(split="train")]
    assert sorted(numbers) == list(range(1, 20, 2))
    assert seen == [(5, 20), (10, 20), (15, 20), (20, 20)]


def test_a_killed_process_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr(Numbers, "make", staticmethod(killed))
    builder = Numbers(data_dir=tmp_path, processes=2)
    with pytest.raises(DatasetError, match="--processes 1.*killed"):
        builder.download_and_prepare()
    assert not builder.data_path.exists()
    # The next one has new processes.
    monkeypatch.setattr(Numbers, "make", staticmethod(odd))
    Numbers(data_dir=tmp_path, processes=2).download_and_prepare()


def test_the_reason_of_a_fault_comes_back_from_another_process():
    (made,) = record_builder._map_in_pool(2, unreadable, [0])
    assert isinstance(made, ImageError)
    assert made.reason == "animated"


@pytest.mark.parametrize("config", [None, BEAM], ids=["here", "beam"])
def test_the_faults_of_a_small_split_are_not_lost_in_a_large_one(tmp_path, config):
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = ["image,caption,split"]
    for i in range(50):
        Image.new("RGB", (9, 9)).save(folder / f"{i}.png")
        lines.append(f"{i}.png,picture {i},{'train' if i < 45 else 'test'}")
    (folder / "47.png").write_bytes(b"no picture")
    (folder / "captions.csv").write_text("\n".join(lines))
    builder = captioned_folder_dataset_builder.Builder(
        source_dir=folder, data_dir=tmp_path / "data"
    )
    with pytest.raises(DatasetError, match="1 of 5 in") as caught:
        builder.download_and_prepare(download_config=config)
    # A cluster's workers keep what they say to themselves.
    assert ("; first: 47.png" in str(caught.value)) == (config is None)


def test_pixels_are_stored_as_a_file_wherever_they_are_read(tmp_path):
    Image.new("RGBA", (300, 200), (9, 8, 7, 255)).save(
        tmp_path / "some.webp", lossless=True
    )
    (tmp_path / "captions.csv").write_text("image,caption\nsome.webp,grey")
    sources, _ = read_captioned_folder(tmp_path)
    _, example = folder_builder._read_example(False, (0, sources["train"][0]))
    assert isinstance(example["image"], bytes)
    pixels = np.asarray(Image.open(io.BytesIO(example["image"])))
    np.testing.assert_allclose(pixels, np.full((200, 300, 3), [9, 8, 7]), atol=2)


def unreadable(number):
    raise ImageError(f"{number}", "animated")
