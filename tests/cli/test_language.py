"""The commands that write: prompt, caption, generate --imagine, and their training."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli import app


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main([str(argument) for argument in arguments])
    output, errors = capfd.readouterr()
    assert "Traceback" not in errors
    return exit_.value.code, output, errors


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def run(tiny_run, tmp_path_factory):
    """A finished run whose prompt writer and captioner the command trained."""
    path = tmp_path_factory.mktemp("writing") / "run"
    shutil.copytree(tiny_run, path)
    with pytest.raises(SystemExit) as exit_:
        app.main(
            ["train", "--task", "captioner", "--steps", "3", "--run", str(path)],
        )
    assert exit_.value.code == 0
    return path


def test_prompt_writes_captions(capfd, run):
    arguments = ["prompt", "a large", "--num", 3, "--seed", 4, "--run", run]
    status, output, _ = run_cli(capfd, *arguments)
    lines = output.splitlines()
    assert status == 0 and len(lines) == 3
    assert all(line.startswith("a large") for line in lines)
    status, output, _ = run_cli(capfd, *arguments, "--json")
    assert json.loads(output)["captions"] == lines


def test_imagined_pictures_have_their_captions_underneath(capfd, run):
    arguments = ["generate", "--imagine", 3, "--run", run, "-o", "x.png", "--json"]
    status, output, _ = run_cli(capfd, *arguments)
    assert status == 0 and len(json.loads(output)["captions"]) == 3
    with Image.open("x.png") as picture:
        assert picture.height > 32 + 50


def test_pictures_of_any_size_are_described(capfd, run):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (90, 50, 3), "uint8")).save("a.png")
    Image.fromarray(rng.integers(0, 256, (33, 64), "uint8")).save("b.webp")
    status, output, _ = run_cli(capfd, "caption", "a.png", "b.webp", "--run", run)
    lines = output.splitlines()
    assert status == 0 and lines[0].startswith("a.png: ")
    arguments = ["caption", "a.png", "--language", "zh", "--method", "beam", "--json"]
    status, output, _ = run_cli(capfd, *arguments, "--run", run)
    assert status == 0 and json.loads(output)["language"] == "zh"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["caption", "nowhere.png"], "must exist"),
        (["caption", "broken.png"], "complete picture file"),
        (["caption", "good.png", "--language", "fr"], "'fr'"),
        (["prompt", "--num", "0"], "`num` must be at least 1"),
        (["prompt", "a" * 4000], "at most 1000"),
        (["prompt", "--temperature", "-1"], "`temperature`"),
        (["generate"], "--imagine 8"),
        (["evaluate", "--task", "dreams"], "--task must be one of"),
        (["train", "--task", "dreams"], "--task must be gan"),
        (["train", "--task", "captioner", "--minutes", "1"], "--steps"),
    ],
)
def test_bad_input_gets_one_line(capfd, run, arguments, said):
    good = Image.fromarray(np.zeros((40, 40, 3), "uint8"))
    good.save("good.png")
    with open("good.png", "rb") as file, open("broken.png", "wb") as broken:
        broken.write(file.read()[:60])
    status, _, errors = run_cli(capfd, *arguments, "--run", run)
    lines = [line for line in errors.splitlines() if line.startswith("aigc-keras:")]
    assert status == 2 and len(lines) == 1 and said in lines[0]


def test_another_data_set_than_the_runs_is_refused(capfd, run):
    arguments = ["train", "--task", "prompts", "--dataset", "shapes", "--run", run]
    status, _, errors = run_cli(capfd, *arguments)
    assert status == 2 and "holds a run with dataset='coco_folder'" in errors
    arguments = ["train", "--task", "prompts", "--batch-size", 7, "--run", run]
    status, _, errors = run_cli(capfd, *arguments)
    assert status == 2 and "batch_size=7" in errors


@pytest.mark.slow
@pytest.mark.parametrize("task", ["prompts", "captions", "cycle"])
def test_what_writes_is_measured(capfd, run, task):
    arguments = ["evaluate", "--task", task, "--num-images", 6, "--run", run]
    status, output, _ = run_cli(capfd, *arguments, "--split", "train", "--json")
    assert status == 0
    for figures in json.loads(output).values():
        assert 0 <= figures["distinct_1"] <= 1
    status, output, _ = run_cli(capfd, *arguments, "--split", "train")
    assert status == 0 and "distinct_2" in output
