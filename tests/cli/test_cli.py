import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli import app
from aigc_keras.metrics import read_scene


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main([str(argument) for argument in arguments])
    output, errors = capfd.readouterr()
    return exit_.value.code, output, errors


def one_line(errors):
    lines = [line for line in errors.splitlines() if line.startswith("aigc-keras:")]
    assert len(lines) == 1 and "Traceback" not in errors
    return lines[0]


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


COMMANDS = "quickstart train generate caption prompt recognize evaluate export presets"
COMMANDS += " datasets edit inpaint repair enhance interpolate serve"


@pytest.mark.parametrize("command", COMMANDS.split())
def test_help_shows_an_example(capfd, command):
    status, output, _ = run_cli(capfd, command, "--help")
    assert status == 0 and f"Example: aigc-keras {command}" in output


def test_help_says_what_counts_where_nothing_is_said(capfd):
    _, output, _ = run_cli(capfd, "train", "--help")
    output = " ".join(output.replace("│", " ").split())
    for default in ("the preset's", "shapes, or the run's", "saved_models/RUN"):
        assert f"[{default}]" in output


def test_start_is_quick():
    # TensorFlow alone takes seconds: it must not be imported.
    code = (
        "import sys, aigc_keras, aigc_keras.cli.app; print('tensorflow' in sys.modules)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert output.stdout.strip() == "False"


@pytest.mark.parametrize("command", ["presets", "datasets"])
def test_lists_are_json_too(capfd, command):
    status, output, _ = run_cli(capfd, command, "--json")
    names = {"presets": "shapes_64", "datasets": "coco_folder"}
    assert status == 0 and names[command] in json.loads(output)
    status, output, _ = run_cli(capfd, command)
    assert status == 0 and names[command] in output


def test_generate_writes_the_same_bytes_twice(capfd, tiny_run):
    for language, caption in (("en", "a small red circle"), ("zh", "一个红色的小圆形")):
        for name in ("a", "b"):
            path = f"{language}_{name}.png"
            status, output, _ = run_cli(
                capfd, "generate", caption, "--run", tiny_run, "--seed", 7, "-o", path
            )
            assert status == 0 and path in output
        first, second = (pathlib.Path(f"{language}_{n}.png") for n in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
        with Image.open(first) as image:
            assert image.size == (32, 32)


def test_generate_tiles_several_pictures(capfd, tiny_run):
    arguments = ["a ring", "a star", "--run", tiny_run, "--num", 3, "--scale", 2]
    status, output, _ = run_cli(capfd, "generate", *arguments, "-o", "x.png", "--json")
    assert status == 0 and json.loads(output)["captions"] == ["a ring", "a star"]
    assert np.asarray(Image.open("x.png")).shape == (128, 192, 3)


def test_without_a_run_the_shipped_model_draws(capfd):
    caption = "a large red circle on the left of a grey background"
    status, output, _ = run_cli(capfd, "generate", caption, "--seed", 7, "-o", "x.png")
    assert status == 0 and "x.png" in output
    scene = read_scene(np.asarray(Image.open("x.png")))
    assert scene.background == "grey"
    assert [(item.colour, item.position) for item in scene.objects] == [("red", "left")]


def test_a_saved_preset_draws_and_is_measured(capfd, tiny_run):
    arguments = ["--run", tiny_run, "--format", "preset", "-o", "mine"]
    status, output, _ = run_cli(capfd, "export", *arguments)
    assert status == 0 and pathlib.Path("mine/weights.npz").exists()
    arguments = ["a ring", "--preset", "mine", "--truncation", 1.0, "-o", "x.png"]
    status, _, _ = run_cli(capfd, "generate", *arguments)
    assert status == 0 and pathlib.Path("x.png").exists()


def test_evaluate_prints_losses_of_other_data(capfd, tiny_run):
    status, output, _ = run_cli(capfd, "evaluate", "--run", tiny_run, "--json")
    figures = json.loads(output)["train"]["losses"]
    assert status == 0 and figures["discriminator_loss"] > 0


def test_export_publishes_a_version(capfd, tiny_run):
    status, output, _ = run_cli(capfd, "export", "--run", tiny_run, "-o", "served")
    assert status == 0 and pathlib.Path("served/1/saved_model.pb").exists()
    assert "served/1" in output


BAD_CAPTIONS = {
    "empty": ("", "at least one character"),
    "blank": ("  ", "at least one character"),
    "long": ("x" * 4000, "4,000 characters"),
    "nul": ("a\0b", "NUL"),
    "surrogate": ("a\udc80b", "surrogate"),
}


@pytest.mark.parametrize("kind", BAD_CAPTIONS)
def test_bad_captions(capfd, tiny_run, kind):
    caption, message = BAD_CAPTIONS[kind]
    status, _, errors = run_cli(
        capfd, "generate", caption, "--run", tiny_run, "-o", "x.png"
    )
    assert status == 2 and message in one_line(errors)
    assert os.listdir() == []


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["generate", "a ring", "--run", "nowhere"], "nowhere"),
        (["evaluate", "--run", "nowhere"], "nowhere"),
        (["export", "--run", "nowhere"], "nowhere"),
        (["export", "--run", "x", "--format", "onnx"], "onnx"),
        (["generate", "a ring", "--preset", "nowhere"], "nowhere"),
        (["train", "--schedule", "step"], "step"),
        (["train", "--early-stopping", "luck"], "luck"),
        (["train", "--batch-doublings", "9"], "9"),
        (["train", "--steps", "0"], "steps=0"),
        (["train", "--minutes", "0"], "minutes=0.0"),
        (["generate", "a ring", "--run", "x", "-o", "no/such/x.png"], "no/such"),
        (["generate", "a ring", "--run", "x", "-o", "x.jpg"], "x.jpg"),
        (["train", "--preset", "shapes_65"], "shapes_65"),
        (["train", "--dataset", "coco_folder"], "--data-dir"),
        (["train", "--dataset", "coco_folder", "--data-dir", "nowhere"], "nowhere"),
        (["train", "--dataset", "no_such_data"], "no_such_data"),
        (["train", "--loss", "l2"], "l2"),
        (["train", "--image-size", "48"], "48"),
        (["train", "--steps", "many"], "--steps"),
        (["generate"], "aigc-keras"),
        (["paint"], "paint"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(capfd, arguments, message):
    status, output, errors = run_cli(capfd, *arguments)
    assert status == 2 and output == ""
    assert message in one_line(errors)
    left = {path for path in pathlib.Path().rglob("*") if path.is_file()}
    assert not left


def test_an_unknown_gpt2_preset(capfd, tiny_coco):
    status, _, errors = run_cli(
        capfd,
        *("train", "--dataset", "coco_folder", "--data-dir", tiny_coco),
        *("--text-encoder", "gpt5_tiny", "--preset", "tiny_32"),
    )
    assert status == 2 and "gpt5_tiny" in one_line(errors)
    assert not pathlib.Path("saved_models").exists()


def test_a_run_folder_that_is_a_file(capfd, tiny_coco):
    pathlib.Path("taken").write_text("")
    status, _, errors = run_cli(
        capfd,
        *("train", "--dataset", "coco_folder", "--data-dir", tiny_coco),
        *("--run", "taken/run", "--preset", "tiny_32"),
    )
    assert status == 2 and "taken" in one_line(errors)


def test_a_full_disk_while_drawing(capfd, tiny_run, monkeypatch):
    def full(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    status, _, errors = run_cli(
        capfd, "generate", "a ring", "--run", tiny_run, "-o", "x.png"
    )
    assert status == 2 and "No space left" in one_line(errors)
    assert os.listdir() == []


@pytest.mark.slow
def test_ctrl_c_exits_130(tiny_coco, tmp_path):
    code = "from aigc_keras.cli.app import main; main()"
    arguments = ["train", "--dataset", "coco_folder", "--data-dir", str(tiny_coco)]
    arguments += ["--run", "run", "--preset", "tiny_32", "--steps", "100000"]
    arguments += ["--sample-every", "20", "--matching-steps", "5"]
    arguments += ["--reading-steps", "5"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE, cwd=tmp_path
    )
    samples = tmp_path / "run" / "samples"
    deadline = time.monotonic() + 200
    while not (samples.exists() and list(samples.glob("*.png"))):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    one_line(errors.decode())
    assert list((tmp_path / "run" / "checkpoints").glob("step_*"))
    assert not list((tmp_path / "run").rglob("*.staging"))
