"""Which captions a run draws again and again."""

from aigc_keras.datasets import load_dataset
from aigc_keras.training.sample_captions import choose_captions, sample_captions


def load(folder, tmp_path, split="train"):
    source = {"data_dir": folder, "prepared_dir": tmp_path / "prepared"}
    return load_dataset("coco_folder", split, 32, 2, **source), source


def test_they_are_captions_of_a_split_that_is_not_learned(
    make_coco_directory, tmp_path
):
    folder = make_coco_directory(tmp_path / "coco", number=3)
    make_coco_directory(folder, number=9, name="val2017")
    (folder / "val2017" / "000000.png").write_bytes(b"no picture")
    dataset, source = load(folder, tmp_path)
    chosen = sample_captions(dataset, source)
    held_out = load(folder, tmp_path, "validation[1:]")[0]
    assert len(chosen) == 8
    assert set(chosen) <= set(held_out.flat_captions)


def test_a_folder_of_one_split_gives_its_own(tiny_coco, tmp_path):
    dataset, source = load(tiny_coco, tmp_path)
    assert sample_captions(dataset, source) == choose_captions(dataset)


def test_chosen_captions_stand_evenly_and_in_both_languages(tiny_coco, tmp_path):
    dataset, _ = load(tiny_coco, tmp_path)
    assert choose_captions(dataset, rows=3) == [
        dataset.captions[0][0],
        dataset.captions[5][-1],
        dataset.captions[11][0],
    ]
    assert len(choose_captions(dataset, rows=99)) == dataset.num_images
