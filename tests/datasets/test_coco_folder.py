import json

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from aigc_keras.datasets import DatasetError, load_dataset
from aigc_keras.datasets.coco_folder.coco_folder_dataset_builder import Builder
from aigc_keras.datasets.coco_folder.reading import read_coco_directory


def annotations(folder):
    return folder / "annotations" / "captions_train2017.json"


def edit(folder, change):
    content = json.loads(annotations(folder).read_text())
    change(content)
    annotations(folder).write_text(json.dumps(content))


@pytest.fixture
def folder(tmp_path, make_coco_directory):
    return make_coco_directory(tmp_path / "coco", number=4)


def test_real_photographs(coco_sample, tmp_path):
    sources = read_coco_directory(coco_sample)
    assert {split: len(items) for split, items in sources.items()} == {
        "train": 26,
        "validation": 25,
    }
    assert sum(len(i.captions) for items in sources.values() for i in items) == 255
    builder = Builder(source_dir=coco_sample, data_dir=tmp_path)
    builder.download_and_prepare()
    files = builder.as_dataset(
        split="train", decoders={"image": tfds.decode.SkipDecoding()}
    )
    for element in files:
        name = element["file_name"].numpy().decode()
        original = coco_sample / "train2017" / name
        # Bytes, because JPEG decoders round differently from machine to machine.
        assert element["image"].numpy() == original.read_bytes()


def test_captions_and_pictures_stay_together(folder, tmp_path):
    dataset = load_dataset(
        "coco_folder", image_size=32, data_dir=folder, prepared_dir=tmp_path / "data"
    )
    content = json.loads(annotations(folder).read_text())
    by_image = {}
    for item in content["annotations"]:
        by_image.setdefault(item["image_id"], []).append(item["caption"])
    pictures = {
        np.asarray(Image.open(folder / "train2017" / i["file_name"])).tobytes(): i["id"]
        for i in content["images"]
    }
    assert dataset.num_images == 4
    for image, captions in zip(dataset.images, dataset.captions, strict=True):
        assert captions == by_image[pictures[image.tobytes()]]


def test_two_directories_do_not_share_prepared_data(tmp_path, make_coco_directory):
    first = make_coco_directory(tmp_path / "a", number=2)
    second = make_coco_directory(tmp_path / "b", number=3)
    sizes = [
        load_dataset("coco_folder", data_dir=d, prepared_dir=tmp_path / "p").num_images
        for d in (first, second)
    ]
    assert sizes == [2, 3]


def test_a_changed_directory_is_prepared_anew(folder, tmp_path):
    def captions():
        dataset = load_dataset(
            "coco_folder", data_dir=folder, prepared_dir=tmp_path / "p"
        )
        return dataset.flat_captions

    before = captions()
    edit(folder, lambda c: c["annotations"][0].update(caption="something new"))
    assert captions() != before


def test_images_without_captions_are_left_out(folder):
    edit(folder, lambda c: c["annotations"].__delitem__(slice(0, 6)))
    assert len(read_coco_directory(folder)["train"]) == 3


def spoil_missing_file(folder):
    (folder / "train2017" / "000001.png").unlink()


def spoil_unknown_id(folder):
    edit(folder, lambda c: c["annotations"][0].update(image_id=99))


def spoil_json(folder):
    annotations(folder).write_text("{")


def spoil_keys(folder):
    annotations(folder).write_text('{"images": []}')


def spoil_no_annotations(folder):
    annotations(folder).unlink()


def spoil_truncated(folder):
    path = folder / "train2017" / "000002.png"
    path.write_bytes(path.read_bytes()[:60])


@pytest.mark.parametrize(
    "spoil, message",
    [
        (spoil_missing_file, r"1 of 4 missing, such as 000001\.png"),
        (spoil_unknown_id, "unknown image ids, such as 99"),
        (spoil_json, "must be COCO's JSON"),
        (spoil_keys, "must be COCO's JSON"),
        (spoil_no_annotations, "holds none"),
        (spoil_truncated, r"000002\.png"),
    ],
)
def test_faults_are_one_clear_line_and_leave_nothing(folder, tmp_path, spoil, message):
    spoil(folder)
    prepared = tmp_path / "prepared"
    with pytest.raises(DatasetError, match=message) as caught:
        load_dataset("coco_folder", data_dir=folder, prepared_dir=prepared)
    assert "\n" not in str(caught.value)
    assert not [path for path in prepared.rglob("*") if path.is_file()]


def test_missing_directory(tmp_path):
    with pytest.raises(DatasetError, match="not a directory"):
        read_coco_directory(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="--data-dir"):
        load_dataset("coco_folder", prepared_dir=tmp_path)
