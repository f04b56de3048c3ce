"""The commands that repair pictures: inpaint, repair, and their training."""

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
def in_folder_with_pictures(tmp_path, monkeypatch):
    """Pictures to work on: 32 pixels, wide and large, and a mask of the former."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name, size in (("small", (32, 32, 3)), ("wide", (50, 90, 3))):
        Image.fromarray(rng.integers(0, 256, size, "uint8")).save(f"{name}.png")
    mask = np.zeros((32, 32), "uint8")
    mask[4:12, 20:30] = 255
    Image.fromarray(mask).save("mask.png")


@pytest.fixture(scope="module")
def run(tiny_run, tmp_path_factory):
    """A finished run whose repairer the command trained."""
    path = tmp_path_factory.mktemp("mending") / "run"
    shutil.copytree(tiny_run, path)
    with pytest.raises(SystemExit) as exit_:
        app.main(["train", "--task", "repairer", "--steps", "3", "--run", str(path)])
    assert exit_.value.code == 0
    return path


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_holes_are_filled_and_the_rest_stays(capfd, run):
    arguments = ["inpaint", "wide.png", "a red circle", "--box", "10,10,30,30"]
    arguments += ["--stroke", "60,20,80,40:4", "--run", run]
    status, output, _ = run_cli(capfd, *arguments, "-o", "out.png", "--json")
    assert status == 0 and json.loads(output) == {
        "output": "out.png",
        "caption": "a red circle",
        "caption_found": False,
        "seed": 0,
    }
    before, after = pixels("wide.png"), pixels("out.png")
    changed = (before != after).any(axis=2)
    assert changed[10:30, 10:30].mean() > 0.9 and changed[30, 70]
    changed[10:30, 10:30] = changed[14:46, 54:86] = False
    assert not changed.any()
    status, output, _ = run_cli(capfd, *arguments, "--compare", "-o", "both.png")
    assert status == 0 and output.strip() == "both.png"
    np.testing.assert_array_equal(pixels("both.png")[:, 90:], after)


def test_a_mask_is_a_picture_and_a_caption_may_be_left_out(capfd, run):
    arguments = ["inpaint", "small.png", "--mask", "mask.png", "--run", run]
    status, output, _ = run_cli(capfd, *arguments, "--json")
    assert status == 0 and json.loads(output)["caption"] is None
    mask = pixels("mask.png") > 0
    before, after = pixels("small.png"), pixels("inpainted.png")
    np.testing.assert_array_equal(before[~mask], after[~mask])
    assert (before[mask] != after[mask]).any()


@pytest.mark.parametrize("name", ["small", "wide"])
def test_a_whole_picture_is_repaired_at_its_own_size(capfd, run, name):
    arguments = ["repair", f"{name}.png", "--run", run, "-o", "out.png"]
    status, output, _ = run_cli(capfd, *arguments)
    assert status == 0 and output.strip() == "out.png"
    assert pixels("out.png").shape == pixels(f"{name}.png").shape
    status, _, _ = run_cli(capfd, *arguments, "--compare")
    assert pixels("out.png").shape[1] == 2 * pixels(f"{name}.png").shape[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inpaint", "small.png"], "--mask, --box or --stroke"),
        (["inpaint", "nowhere.png", "--box", "1,1,9,9"], "must exist"),
        (["inpaint", "small.png", "--mask", "no.png"], "must exist"),
        (["inpaint", "wide.png", "--mask", "mask.png"], "90 x 50"),
        (["inpaint", "small.png", "--box", "9,9,1,1"], "left,top,right,bottom"),
        (["inpaint", "small.png", "--stroke", "9,9"], "x,y,x,y,...:radius"),
        (["inpaint", "small.png", "--box", "40,40,50,50"], "none within its 32 x 32"),
        (["inpaint", "small.png", " ", "--box", "1,1,9,9"], "empty"),
        (["inpaint", "small.png", "--box", "1,1,9,9", "-o", "x.jpg"], ".png file"),
        (["repair", "wide.png", "a red circle"], "at most 32 pixels a side"),
        (["repair", "mask.txt"], "must exist"),
        (["train", "--task", "repairer", "--dataset", "shapes"], "dataset="),
    ],
)
def test_bad_input_gets_one_line(capfd, run, arguments, said):
    status, _, errors = run_cli(capfd, *arguments, "--run", run)
    lines = [line for line in errors.splitlines() if line.startswith("aigc-keras:")]
    assert status == 2 and len(lines) == 1 and said in lines[0]


def test_a_run_without_a_repairer_says_how_to_train_it(capfd, tiny_run):
    for command in (
        ["inpaint", "small.png", "--box", "1,1,9,9"],
        ["repair", "small.png"],
    ):
        status, _, errors = run_cli(capfd, *command, "--run", tiny_run)
        assert status == 2 and "train --task repairer --run" in errors


@pytest.mark.slow
def test_repairs_are_measured(capfd, run):
    arguments = ["evaluate", "--task", "inpainting", "--num-images", 4, "--run", run]
    status, output, _ = run_cli(capfd, *arguments, "--split", "train", "--json")
    assert status == 0
    result = json.loads(output)
    assert set(result) == {"inpainting", "denoising", "deblurring", "holes"}
    assert "found caption" not in result["inpainting"]
    assert 0 < result["holes"]["missing"] < 1
    status, output, _ = run_cli(capfd, *arguments, "--split", "train")
    assert status == 0 and "inpainting, navier_stokes" in output
