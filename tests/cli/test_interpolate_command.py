import json
import pathlib

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli import app
from aigc_keras.datasets import read_image


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main(["interpolate", *(str(argument) for argument in arguments)])
    output, errors = capfd.readouterr()
    assert "Traceback" not in errors
    return exit_.value.code, output, errors


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_help_shows_an_example(capfd):
    status, output, _ = run_cli(capfd, "--help")
    assert status == 0 and "Example: aigc-keras interpolate" in output


def test_a_walk_is_the_same_bytes_twice(capfd, tiny_run):
    arguments = ["a red circle", "a blue star", "--frames", 5, "--loop"]
    for name in ("a.gif", "b.gif"):
        status, output, _ = run_cli(capfd, *arguments, "--run", tiny_run, "-o", name)
        assert status == 0 and output.strip() == name
    first, second = (pathlib.Path(name).read_bytes() for name in ("a.gif", "b.gif"))
    assert first == second
    with Image.open("a.gif") as image:
        assert image.size == (32, 32)


def test_the_first_frame_is_what_generate_draws(capfd, tiny_run):
    arguments = ["a ring", "--seed", 1, "--to-seed", 5, "--frames", 3, "-o", "x.png"]
    status, output, _ = run_cli(capfd, *arguments, "--run", tiny_run, "--json")
    assert status == 0
    assert json.loads(output) == {
        "output": "x.png",
        "captions": ["a ring"],
        "seed": 1,
        "frames": 3,
        "to_seed": 5,
        "loop": False,
    }
    with pytest.raises(SystemExit):
        arguments = ["a ring", "--seed", "1", "--run", str(tiny_run), "-o", "y.png"]
        app.main(["generate", *arguments])
    sheet, picture = (read_image(f"{name}.png") for name in "xy")
    assert sheet.shape == (32, 96, 3)
    np.testing.assert_array_equal(sheet[:, :32], picture)


def test_a_slider_is_one_row(capfd, tiny_run):
    arguments = ["--slider", "a small ring", "a large ring", "--amounts", "-1,0,2"]
    arguments += ["a star", "--run", tiny_run, "--scale", 2, "-o", "x.png", "--json"]
    status, output, _ = run_cli(capfd, *arguments)
    result = json.loads(output)
    assert status == 0 and result["amounts"] == [-1, 0, 2]
    assert result["captions"] == ["a star"]
    assert read_image("x.png").shape == (64, 192, 3)


def test_without_a_run_the_shipped_model_draws(capfd):
    arguments = ["a small red circle on the left of a grey background"]
    arguments += ["a large blue star on a pink background", "--frames", 2]
    status, _, _ = run_cli(capfd, *arguments, "-o", "x.webp")
    assert status == 0
    with Image.open("x.webp") as image:
        assert image.size == (64, 64) and image.n_frames == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a ring"], "two captions"),
        ([], "two captions"),
        (["--to-seed", 3], "two captions"),
        (["a ring", ""], "at least one character"),
        (["a ring", "a star", "--frames", 1], "frames=1"),
        (["a ring", "a star", "-o", "x.jpg"], "x.jpg"),
        (["a ring", "a star", "-o", "no/x.gif"], "folder must exist"),
        (["a ring", "a star", "--fps", 0], "fps=0"),
        (["a ring", "a star", "--scale", 0], "scale=0"),
        (["a ring", "a star", "--run", "nowhere"], "nowhere"),
        (["--slider", "a ring"], "--slider"),
        (["--slider", "a ring", "a star", "--loop"], "neither --to-seed nor --loop"),
        (["a", "b", "--slider", "a ring", "a star"], "one caption at most"),
        (["--slider", "a ring", "a star", "--amounts", "0,some"], "'0,some'"),
        (["--slider", "a ring", "a star", "--amounts", "nan"], "finite"),
    ],
)
def test_bad_input_gets_one_line_and_leaves_nothing(
    capfd, tiny_run, arguments, said, tmp_path
):
    run = [] if "--run" in arguments else ["--run", tiny_run]
    status, output, errors = run_cli(capfd, *run, *arguments)
    lines = [line for line in errors.splitlines() if line.startswith("aigc-keras:")]
    assert status == 2 and output == "" and len(lines) == 1 and said in lines[0]
    assert not list(tmp_path.iterdir())
