"""`aigc-keras datasets ...`, as a user types it."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli.app import main


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capfd):
    def run_cli(*arguments):
        with pytest.raises(SystemExit) as exit_status:
            main(["datasets", *map(str, arguments)])
        captured = capfd.readouterr()
        return exit_status.value.code, captured.out, captured.err

    return run_cli


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, name in enumerate(["red", "green", "blue"] * 4):
        path = folder / f"{index:02d}.png"
        Image.new("RGB", (20, 16), name).save(path)
        path.with_suffix(".txt").write_text(f"a {name} picture")
    return folder


def test_list_names_every_source(run):
    status, output, _ = run("list")
    assert status == 0
    for name in ("shapes", "noto_emoji", "captioned_folder", "cifar100"):
        assert f"\n{name} " in f"\n{output}"
    assert run()[1] == output
    assert "mnist" in json.loads(run("list", "--json")[1])


def test_show(run, folder):
    status, output, _ = run("show", "captioned_folder", "--data-dir", folder)
    assert status == 0
    assert "train: 12 pictures, 12 captions (13 to 15 characters" in output
    result = run("show", "captioned_folder", "--data-dir", folder, "--json")[1]
    assert json.loads(result)["splits"] == {"train": 12}


def test_prepare(run, folder):
    arguments = ("captioned_folder", "--data-dir", folder, "--image-size", 16)
    status, output, _ = run("prepare", *arguments, "--framing", "letterbox")
    assert status == 0 and output.startswith("12 pictures")
    assert os.path.isdir("data/pictures")


def test_what_is_built_can_be_shown(run, folder):
    arguments = ("captioned_folder", "--data-dir", folder, "--num-shards", 2)
    status, output, _ = run("build", *arguments, "--file-format", "array_record")
    assert status == 0
    *lines, path = output.splitlines()
    assert len(lines) == 1 and lines[0].startswith("train: 12 examples, 0.0 MB, files")
    assert "train: 12 pictures, 12 captions" in run("show", path)[1]
    result = json.loads(
        run("build", *arguments, "--file-format", "array_record", "--json")[1]
    )
    assert result["path"] == path and result["splits"]["train"]["shards"] == 2


def test_preview(run, folder):
    arguments = ("captioned_folder", "--data-dir", folder, "--number", 6)
    status, output, _ = run("preview", *arguments, "-o", "grid.png")
    assert status == 0 and output.strip() == "grid.png"
    with Image.open("grid.png") as sheet:
        pixels = np.asarray(sheet)
    # The first picture is red, and every picture has ink beneath it.
    assert pixels[80, 80].tolist() == [255, 0, 0]
    assert (pixels[172:190].max(axis=-1) < 128).sum() > 100


def test_check_is_silent_about_sound_folders(run, folder):
    status, output, _ = run("check", folder)
    assert status == 0 and output == "train: 12 pictures\n"


def test_check_reports_faults_and_exits_1(run, folder):
    (folder / "03.png").write_bytes((folder / "03.png").read_bytes()[:60])
    (folder / "05.txt").write_text(" \n")
    status, output, errors = run("check", folder)
    assert status == 1
    assert "left out: 1 no caption" in output and "05.png: no caption" in output
    assert "03.png" in output and "Traceback" not in errors
    report = json.loads(run("check", folder, "--json")[1])["train"]
    assert report["num_faulty"] == 2


def test_check_knows_the_layout_of_coco(run, tiny_coco):
    assert run("check", tiny_coco)[:2] == (0, "train: 12 pictures\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "no_such_data"], "no_such_data"),
        (["show", "captioned_folder"], "--data-dir"),
        (["preview", "shapes", "-o", "x.jpg"], "x.jpg"),
        (["preview", "shapes", "--number", "0"], "--number"),
        (["check", "nowhere"], "nowhere"),
        (["build", "captioned_folder"], "--data-dir"),
        (["build", "shapes", "--file-format", "zip"], "'zip'"),
        (["prepare", "noto_emoji", "--font", "nowhere.ttf"], "nowhere.ttf"),
        (["prepare", "captioned_folder", "--data-dir", ".", "--framing", "x"], "'x'"),
    ],
)
def test_bad_input_is_one_line(run, arguments, message):
    status, output, errors = run(*arguments)
    assert status == 2 and output == ""
    (line,) = errors.strip().splitlines()
    assert message in line
    assert os.listdir() == []


def test_beam_says_no_more_than_we_do():
    """It warns on being imported, which only a process of its own shows."""
    program = "from aigc_keras.cli.app import main; main()"
    arguments = ["datasets", "build", "shapes", "--beam-runner", "Nope"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "'Nope'" in line
