"""What `datasets show` says."""

from PIL import Image

from aigc_keras.datasets import Options, load_dataset, open_source
from aigc_keras.datasets.summary import summarise


def test_a_summary_counts(tmp_path):
    for name, number in (("cat", 2), ("dog", 3)):
        for index in range(number):
            path = tmp_path / "train" / name / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (9, 9)).save(path)
    (tmp_path / "train" / "dog" / "bad.png").write_bytes(b"")
    dataset = load_dataset(
        "captioned_folder",
        image_size=8,
        data_dir=tmp_path,
        prepared_dir=tmp_path / ".prepared",
        max_faulty=0.5,
    )
    source = open_source("captioned_folder", Options(data_dir=tmp_path))
    result = summarise(source, dataset)
    assert result["splits"] == {"train": 6}
    assert result["images"] == 5
    assert result["labels"] == {"cat": 2, "dog": 3}
    assert result["captions"] == {
        "number": 15,
        "min": 3,
        "median": 16,
        "mean": 12.3,
        "max": 18,
    }
    assert result["captions_per_image"] == 3.0
    assert result["faults"]["reasons"] == {"unreadable": 1}
