"""Every form in which pictures and words may come."""

import json

import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets import DatasetError, load_dataset
from aigc_keras.datasets.captioned_folder.captioned_folder_dataset_builder import (
    Builder,
)
from aigc_keras.datasets.captioned_folder.reading import read_captioned_folder

COLOURS = {"red": (250, 10, 10), "green": (10, 250, 10), "blue": (10, 10, 250)}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (20, 16), colour).save(folder / f"{name}.png")
    return folder


def captions_of(folder, split="train"):
    sources, _ = read_captioned_folder(folder)
    return {element.name: element.captions for element in sources[split]}


def test_csv_with_several_captions_labels_and_splits(folder):
    (folder / "captions.csv").write_text(
        "image,caption,label,split\n"
        "red.png,a red picture,warm,train\n"
        'red.png,"red, all of it",warm,train\n'
        "green.png,一张绿色的图片,cold,train\n"
        "blue.png,a blue picture,cold,test\n",
        encoding="utf-8-sig",
    )
    sources, names = read_captioned_folder(folder)
    assert names == ["cold", "warm"]
    assert captions_of(folder) == {
        "green.png": ["一张绿色的图片"],
        "red.png": ["a red picture", "red, all of it"],
    }
    assert [element.label for element in sources["train"]] == [0, 1]
    assert [element.name for element in sources["test"]] == ["blue.png"]


def write_jsonl(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.mark.parametrize("name", ["captions.jsonl", "metadata.jsonl"])
def test_jsonl(folder, name):
    write_jsonl(
        folder / name,
        [
            {"file_name": "red.png", "text": "a red picture"},
            {"image": "blue.png", "captions": ["blue", "very blue"]},
        ],
    )
    assert captions_of(folder) == {
        "red.png": ["a red picture"],
        "blue.png": ["blue", "very blue"],
    }


def test_hugging_face_split_folders(tmp_path):
    for split in ("train", "validation"):
        place = tmp_path / split
        place.mkdir()
        Image.new("RGB", (9, 9)).save(place / "x.png")
        record = {"file_name": "x.png", "text": f"the {split} picture"}
        write_jsonl(place / "metadata.jsonl", [record])
    assert captions_of(tmp_path) == {"x.png": ["the train picture"]}
    assert captions_of(tmp_path, "validation") == {"x.png": ["the validation picture"]}


def test_side_cars(folder):
    (folder / "red.txt").write_text("a red picture\nred\n", encoding="utf-8")
    (folder / "blue.txt").write_text("蓝色", encoding="utf-8")
    assert captions_of(folder) == {
        "red.png": ["a red picture", "red"],
        "blue.png": ["蓝色"],
        "green.png": [],
    }


def test_a_folder_a_class(tmp_path):
    for name in ("red_apple", "orange"):
        for split in ("train", "test"):
            (tmp_path / split / name).mkdir(parents=True)
            Image.new("RGB", (9, 9)).save(tmp_path / split / name / "1.jpg")
    sources, names = read_captioned_folder(tmp_path)
    assert names == ["orange", "red apple"]
    assert set(sources) == {"train", "test"}
    first, second = sources["train"]
    assert first.label == 0 and "a photo of an orange" in first.captions
    assert second.label == 1 and "a photo of a red apple" in second.captions


def test_hidden_files_are_passed_over(folder):
    (folder / "red.txt").write_text("red")
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "red.png").write_bytes(b"")
    (folder / "._blue.png").write_bytes(b"")
    assert len(captions_of(folder)) == 3


def test_it_trains_from_any_of_them(folder, tmp_path):
    (folder / "captions.csv").write_text(
        "image,caption,label\n"
        + "".join(f"{name}.png,a {name} picture,{name}\n" for name in COLOURS)
    )
    dataset = load_dataset(
        "captioned_folder", image_size=8, data_dir=folder, prepared_dir=tmp_path / "p"
    )
    assert dataset.class_names == ["blue", "green", "red"]
    assert dataset.labels.tolist() == [0, 1, 2]
    for image, (caption,) in zip(dataset.images, dataset.captions, strict=True):
        colour = COLOURS[caption.split()[1]]
        np.testing.assert_array_equal(image, np.broadcast_to(colour, (8, 8, 3)))


def test_the_tfds_builder_holds_the_same(folder, tmp_path):
    (folder / "captions.csv").write_text(
        "image,caption,label\n"
        + "".join(f"{name}.png,a {name} picture,{name}\n" for name in COLOURS)
    )
    builder = Builder(source_dir=folder, data_dir=tmp_path / "data")
    builder.download_and_prepare()
    assert builder.info.features["label"].names == ["blue", "green", "red"]
    for element in builder.as_dataset(split="train").as_numpy_iterator():
        name = element["file_name"].decode()[:-4]
        assert element["captions"].tolist() == [f"a {name} picture".encode()]
        assert element["image"][0, 0].tolist() == list(COLOURS[name])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("captions.csv", "file,words\nred.png,red\n", "columns image and caption"),
        ("captions.csv", b"image,caption\nred.png,\xff\xfe\n", "UTF-8"),
        ("captions.csv", "image,caption\nred.png," + "x" * 200_000, "CSV"),
        ("captions.csv", "image,caption\n../../etc/passwd,x\n", "inside the folder"),
        ("captions.csv", "image,caption\n/etc/passwd,x\n", "inside the folder"),
        ("captions.csv", "image,caption\n,x\n", "line 2"),
        ("captions.jsonl", '{"image": "red.png"', "JSON object a line"),
        ("captions.jsonl", "[" * 100_000, "JSON object a line"),
        ("captions.jsonl", '{"image": 3, "caption": "x"}', "line 1"),
        ("captions.jsonl", '["red.png", "x"]', "line 1"),
        ("captions.jsonl", '{"image": "red.png", "caption": {}}\n[1]', "line 2"),
    ],
)
def test_bad_tables_are_one_clear_line(folder, name, content, message):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError, match=message) as caught:
        read_captioned_folder(folder)
    assert "\n" not in str(caught.value)


def test_missing_pictures_are_counted(folder, tmp_path):
    (folder / "captions.csv").write_text(
        "image,caption\nred.png,red\nblue.png,blue\ngone.png,gone\n"
    )
    load = {"data_dir": folder, "prepared_dir": tmp_path / "p", "image_size": 8}
    with pytest.raises(DatasetError, match=r"1 of 3 .*1 missing.*gone\.png"):
        load_dataset("captioned_folder", **load)
    dataset = load_dataset("captioned_folder", **load, max_faulty=0.4)
    assert dataset.flat_captions == ["blue", "red"]


@pytest.mark.parametrize("kind", ["missing", "file", "empty"])
def test_no_folder_of_pictures(tmp_path, kind):
    path = tmp_path / "x"
    if kind == "file":
        path.write_text("")
    elif kind == "empty":
        path.mkdir()
    with pytest.raises(DatasetError, match="`captioned_folder` needs"):
        read_captioned_folder(path)
