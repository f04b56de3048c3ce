"""Sharded records: what is written, and that any machine can train from them."""

import pytest

from aigc_keras.datasets import DatasetError, Options, load_dataset
from aigc_keras.datasets.building import build_records
from aigc_keras.datasets.shapes import shapes_dataset_builder


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
    order = {bytes(image): row for row, image in enumerate(made.images)}
    if file_format == "tfrecord":
        assert list(order) == [bytes(image) for image in read.images]
    else:
        # Shards are cut elsewhere, so that other thirty come first.
        assert len({bytes(image) for image in read.images}) == 30
    assert all(len(captions) == 6 for captions in read.captions)


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


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("shapes", {"file_format": "zip"}, "file_format.*'zip'"),
        ("shapes", {"num_shards": 0}, "num_shards.*at least 1.*0"),
        ("shapes", {"processes": -1}, "processes.*at least 1.*-1"),
        ("captioned_folder", {}, "--data-dir"),
        ("no_such_data", {}, "'no_such_data'"),
        ("shapes/no_such_config", {}, "'shapes/no_such_config'"),
        ("shapes", {"beam_runner": "NoSuchRunner"}, "NoSuchRunner"),
        ("shapes", {"beam_options": "--direct_num_workers=x"}, "beam_options.*invalid"),
    ],
)
def test_bad_arguments_are_one_clear_line(tmp_path, name, arguments, message):
    with pytest.raises(DatasetError, match=message) as caught:
        build_records(name, Options(prepared_dir=tmp_path), **arguments)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_beam_is_asked_for_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "apache_beam", None)
    for name in ("options", "options.pipeline_options"):
        monkeypatch.setitem(__import__("sys").modules, f"apache_beam.{name}", None)
    with pytest.raises(DatasetError, match=r"pip install 'aigc_keras\[beam\]'"):
        build_records(
            "shapes", Options(prepared_dir=tmp_path), beam_runner="DirectRunner"
        )
