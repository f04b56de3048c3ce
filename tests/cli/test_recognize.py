"""The command that recognises, and the task of evaluate that measures it."""

import json
import pathlib

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli import app
from aigc_keras.datasets.shapes import render
from aigc_keras.training import load_run


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main([str(argument) for argument in arguments])
    output, errors = capfd.readouterr()
    assert "Traceback" not in errors
    return exit_.value.code, output, errors


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write_pictures():
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (90, 50, 3), "uint8")).save("a.png")
    folder = pathlib.Path("more")
    folder.mkdir()
    for index, suffix in enumerate((".webp", ".jpg", ".gif")):
        pixels = rng.integers(0, 256, (33, 64 + index), "uint8")
        Image.fromarray(pixels).save(folder / f"{index}{suffix}")
    (folder / "notes.txt").write_text("no picture")


def test_pictures_of_any_size_are_recognised_by_a_run_s_classes(capfd, labelled_run):
    write_pictures()
    arguments = ["recognize", "a.png", "more", "--run", labelled_run, "--top", 2]
    status, output, _ = run_cli(capfd, *arguments, "--json")
    rows = json.loads(output)["pictures"]
    assert status == 0
    names = ["a.png", "more/0.webp", "more/1.jpg", "more/2.gif"]
    assert [row["picture"] for row in rows] == names
    for row in rows:
        shares = [one["probability"] for one in row["labels"]]
        assert len(shares) == 2 and shares == sorted(shares, reverse=True)
        assert row["label"] == row["labels"][0]["label"]
        assert {one["label"] for one in row["labels"]} <= {"cold", "grey", "warm"}
        assert 0 <= row["realness"] <= 1
    status, output, _ = run_cli(capfd, *arguments)
    assert status == 0 and len(output.splitlines()) == 4 * 3
    assert output.startswith(f"a.png: {rows[0]['label']} (looks real")


def test_the_shipped_model_chooses_among_captions(capfd):
    image, scene, _ = render.make_example("cli/3", image_size=200)
    Image.fromarray(image).save("picture.png")
    item = scene.objects[0]
    others = [c for c in ("red", "blue", "green") if c != item.colour]
    labels = [f"a picture of a {c} {item.shape}" for c in (item.colour, *others)]
    arguments = ["recognize", "picture.png", "--labels", ", ".join(labels), "--json"]
    status, output, _ = run_cli(capfd, *arguments)
    (row,) = json.loads(output)["pictures"]
    assert status == 0 and row["label"] == labels[0]
    assert {one["label"] for one in row["labels"]} == set(labels)
    chinese = ",".join(("一个红色的圆形", "一个蓝色的圆形"))
    status, output, _ = run_cli(capfd, "recognize", "picture.png", "--labels", chinese)
    assert status == 0 and "一个红色的圆形" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["good.png", "--preset", "scenes_64"], "--labels"),
        (["nowhere.png"], "must exist"),
        (["broken.png"], "complete picture file"),
        (["empty"], "must hold pictures"),
        (["good.png", "--labels", "a cat"], "two or more"),
        (["good.png", "--labels", "a cat,a dog,a cat"], "all different"),
        (["good.png", "--top", "0"], "--top"),
        (["good.png", "--run", "nowhere"], "nowhere"),
        ([], "aigc-keras"),
    ],
)
def test_bad_input_is_one_line(capfd, arguments, said):
    pathlib.Path("empty").mkdir()
    Image.fromarray(np.zeros((40, 40, 3), "uint8")).save("good.png")
    content = pathlib.Path("good.png").read_bytes()
    pathlib.Path("broken.png").write_bytes(content[:60])
    if "broken.png" in arguments:
        arguments = [*arguments, "--labels", "a cat,a dog"]
    status, output, errors = run_cli(capfd, "recognize", *arguments)
    lines = [line for line in errors.splitlines() if line.startswith("aigc-keras:")]
    assert status == 2 and output == ""
    assert len(lines) == 1 and said in lines[0]


@pytest.mark.slow
def test_recognition_of_a_run_is_measured_on_its_test_split(capfd, labelled_run):
    arguments = ["evaluate", "--task", "recognition", "--run", labelled_run]
    status, output, _ = run_cli(capfd, *arguments, "--json")
    result = json.loads(output)
    assert status == 0 and set(result["ways"]) == {"class head", "captions"}
    assert np.sum(result["confusion"]) == 16
    assert [row["name"] for row in result["by_class"]] == ["cold", "grey", "warm"]
    assert load_run(labelled_run).class_names == ["cold", "grey", "warm"]
    status, output, _ = run_cli(capfd, *arguments)
    assert status == 0
    for part in ("accuracy", "top_5", "calibration_error", "roc_auc", "Confusion"):
        assert part in output, part
    status, output, _ = run_cli(capfd, *arguments, "--split", "train[:6]", "--json")
    assert np.sum(json.loads(output)["confusion"]) == 6


def test_without_classes_only_detection_is_measured(capfd, tiny_run):
    arguments = ["evaluate", "--task", "recognition", "--run", tiny_run, "--json"]
    status, output, _ = run_cli(capfd, *arguments)
    assert status == 0 and set(json.loads(output)) == {"detection"}
