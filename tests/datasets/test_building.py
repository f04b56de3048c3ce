"""Sharded records: what is written, and that any machine can train from them."""

import pathlib
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds

from aigc_keras.datasets import DatasetError, Options, load_dataset, open_source
from aigc_keras.datasets.builders import make_builder
from aigc_keras.datasets.building import build_records
from aigc_keras.datasets.shapes import shapes_dataset_builder
from aigc_keras.datasets.shapes.examples import read_examples


@pytest.fixture(autouse=True)
def few_shapes(monkeypatch):
    sizes = {"train": (40, False), "test": (6, False)}
    monkeypatch.setattr(shapes_dataset_builder, "SPLITS", sizes)


@pytest.mark.parametrize("file_format", ["tfrecord", "array_record"])
def test_a_written_folder_is_a_data_set(tmp_path, file_format):
    records = build_records(
        "shapes/scenes",
        Options(prepared_dir=tmp_path / "far"),
        file_format=file_format,
        num_shards=3,
    )
    assert records.file_format == file_format
    assert records.splits["train"]["examples"] == 40
    assert records.splits["train"]["shards"] == 3
    assert records.splits["train"]["bytes"] > 10_000
    # Another machine, that sees nothing but the folder.
    read = load_dataset(
        records.path, "train[:30]", image_size=16, prepared_dir=tmp_path / "here"
    )
    made = load_dataset(
        "shapes/scenes", "train[:30]", image_size=16, prepared_dir=tmp_path / "own"
    )
    assert read.num_images == 30
    # The order is that of the records, whatever the number of files.
    np.testing.assert_array_equal(read.images, made.images)
    assert read.captions == made.captions
    builder = make_builder(records.path, Options())
    scenes = [example.scene for example in read_examples(builder, "train[:30]")]
    assert scenes == [
        example.scene
        for example in read_examples(
            make_builder("shapes/scenes", Options(prepared_dir=tmp_path / "own")),
            "train[:30]",
        )
    ]


def test_a_written_folder_keeps_its_classes(tmp_path):
    options = Options(prepared_dir=tmp_path)
    records = build_records("shapes", options)
    read = load_dataset(records.path, image_size=16, prepared_dir=tmp_path / "here")
    made = load_dataset("shapes", image_size=16, prepared_dir=tmp_path)
    assert read.class_names == made.class_names and len(read.class_names) == 48
    np.testing.assert_array_equal(read.labels, made.labels)


def test_a_written_classic_keeps_its_captions(tmp_path):
    class Mnist(tfds.testing.DummyMnist, skip_registration=True):
        """Under its true name."""

    builder = Mnist(data_dir=tmp_path)
    builder.download_and_prepare()
    read = load_dataset(
        str(builder.data_path), image_size=8, prepared_dir=tmp_path / "here"
    )
    assert read.class_names[3] == "three"
    assert any("手写" in caption for caption in read.captions[0])


def test_files_that_differ_are_prepared_anew(tmp_path):
    options = Options(prepared_dir=tmp_path)
    keys = []
    for number in (1, 2):
        records = build_records("shapes", options, num_shards=number)
        keys.append(open_source("shapes", options).key)
        shutil.rmtree(records.path)
    assert keys[0] != keys[1]


def test_a_folder_that_is_not_whole_is_one_clear_line(tmp_path):
    records = build_records("shapes", Options(prepared_dir=tmp_path))
    folder = pathlib.Path(records.path)
    next(folder.glob("*train*")).unlink()
    with pytest.raises(DatasetError, match="must be whole.*no shapes-train"):
        open_source(folder)
    (folder / "dataset_info.json").write_text("{")
    with pytest.raises(DatasetError, match="must be whole") as caught:
        open_source(folder)
    assert "\n" not in str(caught.value)
    (folder / "dataset_info.json").unlink()
    with pytest.raises(DatasetError, match="must be whole; delete it"):
        build_records("shapes", Options(prepared_dir=tmp_path))


def test_a_folder_a_class_keeps_its_classes(tmp_path):
    from PIL import Image

    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        Image.new("RGB", (9, 9), colour).save(tmp_path / f"pictures/{name}/one.png")
    records = build_records(
        "captioned_folder", Options(tmp_path / "pictures", tmp_path)
    )
    dataset = load_dataset(records.path, image_size=8, prepared_dir=tmp_path)
    assert dataset.class_names == ["blue", "red"]
    for image, label in zip(dataset.images, dataset.labels, strict=True):
        assert image[0, 0].tolist() == [[0, 0, 255], [255, 0, 0]][label]


def test_a_folder_of_ones_own(tmp_path):
    from PIL import Image

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        Image.new("RGB", (20, 20), colour).save(pictures / f"{name}.png")
        (pictures / f"{name}.txt").write_text(f"a {name} picture")
    records = build_records(
        "captioned_folder", Options(pictures, tmp_path), file_format="array_record"
    )
    dataset = load_dataset(records.path, image_size=8, prepared_dir=tmp_path)
    found = {
        captions[0]: tuple(image[0, 0].tolist())
        for image, captions in zip(dataset.images, dataset.captions, strict=True)
    }
    assert found == {"a red picture": (255, 0, 0), "a blue picture": (0, 0, 255)}


def test_what_lies_there_is_kept(tmp_path):
    options = Options(prepared_dir=tmp_path)
    first = build_records("shapes", options)
    assert build_records("shapes", options) == first
    with pytest.raises(DatasetError, match=r"'tfrecord', as it is written.*delete"):
        build_records("shapes", options, file_format="array_record")
    with pytest.raises(DatasetError, match=r"num_shards.*\[1\].*delete.*: 3"):
        build_records("shapes", options, num_shards=3)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("shapes", {"file_format": "zip"}, "file_format.*'zip'"),
        ("shapes", {"num_shards": 0}, "num_shards.*at least 1.*0"),
        ("shapes", {"processes": -1}, "processes.*at least 1.*-1"),
        ("captioned_folder", {}, "--data-dir"),
        ("no_such_data", {}, "'no_such_data'"),
        ("shapes/no_such_config", {}, "'shapes/no_such_config'"),
        ("captioned_folder/some", {}, "'captioned_folder/some'"),
        ("shapes", {"num_shards": 7}, "7 files for 6 examples"),
        (
            "shapes",
            {"beam_runner": "DirectRunner", "beam_options": "--runner=FlinkRunner"},
            "'DirectRunner' and 'FlinkRunner'",
        ),
        ("shapes", {"beam_runner": "NoSuchRunner"}, "NoSuchRunner"),
        ("shapes", {"beam_options": "--direct_num_workers=x"}, "beam_options.*invalid"),
    ],
)
def test_bad_arguments_are_one_clear_line(tmp_path, name, arguments, message):
    with pytest.raises(DatasetError, match=message) as caught:
        build_records(name, Options(prepared_dir=tmp_path), **arguments)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("*.tfrecord*"))


def test_beam_is_asked_for_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "apache_beam", None)
    for name in ("options", "options.pipeline_options"):
        monkeypatch.setitem(__import__("sys").modules, f"apache_beam.{name}", None)
    with pytest.raises(DatasetError, match=r"pip install 'aigc_keras\[beam\]'"):
        build_records(
            "shapes", Options(prepared_dir=tmp_path), beam_runner="DirectRunner"
        )
