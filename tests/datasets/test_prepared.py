"""Preparing a split: faults are left out and counted, nothing is half-written."""

import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from aigc_keras.datasets import CaptionRules, DatasetError, load_dataset, prepared
from aigc_keras.datasets.framing import CentreCrop
from aigc_keras.datasets.prepared import Element, check_elements, prepare_split

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
KEY = {"name": "test"}


def encode(kind, size=(40, 32), seed=0):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (size[1], size[0], 3)).astype("uint8")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def png_that_claims(width, height):
    """A PNG whose header says more than its data hold."""
    import struct
    import zlib

    content = bytearray(encode("PNG"))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(bytes(content[12:29])))
    return bytes(content)


def broken_files():
    """Name and content of files that are no usable picture."""
    files = {}
    for kind in FORMATS:
        whole = encode(kind)
        name = kind.lower()
        files[f"{name}_empty"] = b""
        files[f"{name}_one_byte"] = whole[:1]
        files[f"{name}_header"] = whole[:20]
        files[f"{name}_tenth"] = whole[: len(whole) // 10]
        files[f"{name}_half"] = whole[: len(whole) // 2]
        files[f"{name}_no_magic"] = b"\0" * 12 + whole[12:]
        files[f"{name}_one_pixel"] = encode(kind, (1, 1))
    rng = np.random.default_rng(1)
    files |= {
        "noise": rng.bytes(5000),
        "text": b"not a picture\n" * 50,
        "html": b"<!doctype html><html><body>404</body></html>",
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        "zip": b"PK\3\4" + rng.bytes(500),
        "pdf": b"%PDF-1.7\n" + rng.bytes(500),
        "zeros": bytes(4096),
        "thin": encode("PNG", (1, 500)),
        "flat": encode("JPEG", (500, 1)),
        "bomb": png_that_claims(30_000, 30_000),
        "wide_bomb": png_that_claims(2_000_000_000, 1),
        "lying_header": png_that_claims(400, 400),
        "wrong_checksum": encode("PNG")[:29] + b"\1\2\3\4" + encode("PNG")[33:],
        "no_image_data": encode("PNG")[:33] + encode("PNG")[-12:],
        "double_jpeg_start": b"\xff\xd8" * 200,
    }
    return files


def elements_of(images, captions=("a picture",)):
    return [
        Element(f"{index}", image, list(captions)) for index, image in enumerate(images)
    ]


def prepare(folder, elements, **changes):
    settings = {"framing": CentreCrop(16), "rules": CaptionRules(), "max_faulty": 0.5}
    return prepare_split(folder, KEY, lambda: iter(elements), **{**settings, **changes})


@pytest.mark.parametrize("name", sorted(broken_files()))
def test_a_broken_file_is_counted_with_its_reason(name):
    elements = elements_of([broken_files()[name]])
    report = check_elements(elements, CentreCrop(16), CaptionRules())
    assert report.num_images == report.num_faulty == 1
    (reason,) = report.reasons
    expected = {"bomb": "too large", "wide_bomb": "too large", "thin": "too small"}
    if "one_pixel" in name or name == "flat":
        expected[name] = "too small"
    assert reason == expected.get(name, reason)
    assert reason in ("unreadable", "truncated", "too large", "too small")
    assert "\n" not in report.messages[0]


def test_nothing_broken_is_trained_on(tmp_path):
    """A folder of 50 broken files and 4 good ones becomes a data set of 4."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    files = broken_files()
    assert len(files) >= 40
    for name, content in files.items():
        (folder / f"{name}.png").write_bytes(content)
        (folder / f"{name}.txt").write_text(name)
    for index in range(4):
        (folder / f"good_{index}.jpg").write_bytes(encode("JPEG", seed=index))
        (folder / f"good_{index}.txt").write_text(f"good {index}")
    load = {"data_dir": folder, "prepared_dir": tmp_path / "data", "image_size": 16}
    with pytest.raises(
        DatasetError, match=r"50 of 54 .*first: bmp_empty\.png"
    ) as caught:
        load_dataset("captioned_folder", **load)
    assert "\n" not in str(caught.value)
    assert not [p for p in (tmp_path / "data").rglob("*") if p.is_file()]
    dataset = load_dataset("captioned_folder", **load, max_faulty=0.95)
    assert dataset.flat_captions == [f"good {index}" for index in range(4)]
    assert dataset.report.num_faulty == len(files)
    assert sum(dataset.report.reasons.values()) == len(files)


def test_a_second_opening_reads_what_was_prepared(tmp_path):
    elements = elements_of([encode("PNG", seed=seed) for seed in range(5)])
    first = prepare(tmp_path, elements)
    second = prepare(tmp_path, [])
    np.testing.assert_array_equal(first.images, second.images)
    assert first.captions == second.captions == [["a picture"]] * 5
    assert first.images.shape == (5, 16, 16, 3)
    assert not first.images.flags.writeable
    assert first.labels is None


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_order_is_the_source_s_own(tmp_path, workers, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: workers)
    elements = [
        Element(str(i), encode("PNG", seed=i), [f"caption {i}"], i % 3)
        for i in range(40)
    ]
    found = prepare(tmp_path, elements)
    assert found.captions == [[f"caption {i}"] for i in range(40)]
    assert found.labels.tolist() == [i % 3 for i in range(40)]
    again = prepare(tmp_path / "again", elements)
    np.testing.assert_array_equal(found.images, again.images)


def test_framing_and_rules_have_their_own_folder(tmp_path):
    elements = elements_of([encode("PNG")], ["a cat", "a dog"])
    one = prepare(tmp_path, elements)
    two = prepare(tmp_path, elements, framing=CentreCrop(8))
    three = prepare(tmp_path, elements, rules=CaptionRules(pattern="dog"))
    assert one.images.shape[1] == 16 and two.images.shape[1] == 8
    assert three.captions == [["a dog"]]
    assert len(list(tmp_path.iterdir())) == 3


def test_pictures_without_a_caption_count_as_faulty(tmp_path):
    elements = elements_of([encode("PNG")] * 3)
    elements.append(Element("bare", encode("PNG"), ["", " "]))
    found = prepare(tmp_path, elements)
    assert len(found.images) == 3
    assert found.report.reasons == {"no caption": 1}
    assert found.report.captions == {"empty": 2}


def test_a_data_set_with_nothing_left_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="1 of 1"):
        prepare(tmp_path, elements_of([b""]), max_faulty=1.0)


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prepared.os, "fsync", full)
    with pytest.raises(DatasetError, match="No space left"):
        prepare(tmp_path / "data", elements_of([encode("PNG")]))
    assert list((tmp_path / "data").iterdir()) == []


def test_a_folder_that_a_killed_process_left_is_done_again(tmp_path):
    elements = elements_of([encode("PNG", seed=seed) for seed in range(3)])
    prepare(tmp_path, elements)
    (folder,) = tmp_path.iterdir()
    (folder / prepared.REPORT_FILE).unlink()
    (folder / prepared.PIXELS_FILE).write_bytes(b"half")
    assert len(prepare(tmp_path, elements).images) == 3
    report = json.loads((folder / prepared.REPORT_FILE).read_text())
    assert report["num_images"] == 3
