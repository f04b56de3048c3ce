import json
import os

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli import app
from aigc_keras.datasets import read_image
from aigc_keras.datasets.shapes.render import make_example
from aigc_keras.tasks import Contrast, Resize, Rotate, Sharpen, enhance_image

PICTURE = Image.fromarray(make_example("command/0", image_size=32)[0])


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main(["enhance", *(str(argument) for argument in arguments)])
    output, errors = capfd.readouterr()
    assert "Traceback" not in errors
    return exit_.value.code, output, errors


@pytest.fixture(autouse=True)
def in_a_folder_with_a_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    PICTURE.save("in.png")


def test_help_shows_an_example(capfd):
    status, output, _ = run_cli(capfd, "--help")
    assert status == 0 and "Example: aigc-keras enhance" in output


def test_a_picture_is_enhanced_and_measured(capfd):
    arguments = ["in.png", "-o", "out.png", "--contrast", 1.2, "--sharpen", 0.5]
    status, output, _ = run_cli(capfd, *arguments)
    assert status == 0 and output.startswith("out.png  PSNR ") and " SSIM 0." in output
    expected = enhance_image(PICTURE, [Contrast(1.2), Sharpen(0.5)])
    np.testing.assert_array_equal(read_image("out.png"), np.asarray(expected))
    np.testing.assert_array_equal(read_image("in.png"), np.asarray(PICTURE))


def test_operations_come_in_the_order_of_the_options(capfd):
    steps = {
        ("--rotate", 30.0): Rotate(30.0),
        ("--resize", "24x"): Resize(24),
        ("--contrast", 1.5): Contrast(1.5),
    }
    for order in (list(steps), list(steps)[::-1]):
        arguments = [word for option in order for word in option]
        status, output, _ = run_cli(
            capfd, *arguments, "in.png", "-o", "out.png", "--json"
        )
        chain = [steps[option] for option in order]
        assert status == 0
        assert json.loads(output)["operations"] == [str(step) for step in chain]
        expected = enhance_image(PICTURE, chain)
        np.testing.assert_array_equal(read_image("out.png"), np.asarray(expected))


def test_every_option_works_at_once(capfd):
    arguments = ["in.png", "-o", "out.webp", "--brightness", 1.1, "--saturation", 0.9]
    arguments += ["--gamma", 1.2, "--auto-levels", 1, "--adaptive-contrast", 2]
    arguments += ["--crop", "0,0,30,20", "--resize", "x40", "--json"]
    status, output, _ = run_cli(capfd, *arguments)
    result = json.loads(output)
    assert status == 0 and len(result["operations"]) == 7 and not result["failed"]
    (row,) = result["pictures"]
    assert row["size"] == [60, 40] and row["psnr"] > 5 and 0 < row["ssim"] < 1


def test_what_does_not_change_is_said_without_infinity(capfd):
    arguments = ["in.png", "-o", "out.png", "--contrast", 1]
    status, output, _ = run_cli(capfd, *arguments, "--json")
    assert status == 0 and json.loads(output)["pictures"][0]["psnr"] is None
    status, output, _ = run_cli(capfd, *arguments)
    assert output == "out.png  PSNR infinite  SSIM 1.0000\n"
    status, output, _ = run_cli(capfd, *arguments, "--no-compare")
    assert output == "out.png\n"


def test_in_place(capfd):
    status, output, _ = run_cli(capfd, "in.png", "--in-place", "--brightness", 0)
    assert status == 0 and output.startswith("in.png")
    assert read_image("in.png").max() == 0
    assert os.listdir() == ["in.png"]


def test_a_folder_with_a_broken_picture(capfd):
    os.mkdir("many")
    for name in ("a.png", "b.jpg"):
        PICTURE.save(f"many/{name}")
    with open("many/c.png", "wb") as file:
        file.write(b"broken")
    arguments = ["many", "-o", "done", "--contrast", 1.2]
    status, output, errors = run_cli(capfd, *arguments)
    assert status == 1 and "aigc-keras:" not in errors
    lines = output.splitlines()
    assert len(lines) == 3 and lines[2].startswith("many/c.png: failed, An image must")
    assert sorted(os.listdir("done")) == ["a.png", "b.jpg"]
    status, output, _ = run_cli(capfd, *arguments, "--json")
    result = json.loads(output)
    assert status == 1 and len(result["pictures"]) == 2
    assert [row["picture"] for row in result["failed"]] == ["many/c.png"]
    os.remove("many/c.png")
    status, _, _ = run_cli(capfd, *arguments)
    assert status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["in.png", "-o", "x.png"], "at least one change"),
        (["in.png", "--contrast", 1.2], "--in-place"),
        (["in.png", "--contrast", 1.2, "-o", "x.png", "--in-place"], "--in-place"),
        (["in.png", "--contrast", 1.2, "-o", "in.png"], "the picture itself"),
        (["in.png", "--contrast", 1.2, "-o", "x.tiff"], "x.tiff"),
        (["in.png", "--contrast", 1.2, "-o", "no/x.png"], "folder must exist"),
        (["nowhere.png", "--contrast", 1.2, "-o", "x.png"], "must exist"),
        (["in.png", "--contrast", "much", "-o", "x.png"], "--contrast"),
        (["in.png", "--contrast", -1, "-o", "x.png"], "factor=-1.0"),
        (["in.png", "--crop", "1,2,3", "-o", "x.png"], "'1,2,3'"),
        (["in.png", "--crop", "0,0,90,90", "-o", "x.png"], "within the picture"),
        (["in.png", "--resize", "50%", "-o", "x.png"], "'50%'"),
        (["in.png", "--resize", "x", "-o", "x.png"], "width=None"),
        (["in.png", "--resize", "99999x99999", "-o", "x.png"], "64,000,000"),
        ([".", "--contrast", 1.2, "-o", "."], "another folder"),
    ],
)
def test_bad_input_gets_one_line_and_leaves_nothing(capfd, arguments, said):
    status, output, errors = run_cli(capfd, *arguments)
    lines = [line for line in errors.splitlines() if line.startswith("aigc-keras:")]
    assert status == 2 and output == "" and len(lines) == 1 and said in lines[0]
    assert os.listdir() == ["in.png"]
