"""`aigc-keras edit`, with the model that comes with the package."""

import json
import pathlib
import shutil

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli import app
from aigc_keras.datasets.shapes.render import render_scene
from aigc_keras.datasets.shapes.scene import Scene, SceneObject
from aigc_keras.metrics import read_scene
from aigc_keras.models import packaged


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main([str(argument) for argument in arguments])
    output, errors = capfd.readouterr()
    assert "Traceback" not in errors
    return exit_.value.code, output, errors


@pytest.fixture(autouse=True)
def in_folder_with_a_ring(tmp_path, monkeypatch):
    """A red ring, larger than what the model draws."""
    monkeypatch.chdir(tmp_path)
    ring = SceneObject("large", "red", "ring", 0.5, 0.5, 0.27)
    scene = Scene("grey", (ring,))
    Image.fromarray(render_scene(scene, image_size=200)).save("ring.png")


def looks(path, part=slice(None)):
    with Image.open(path) as image:
        scene = read_scene(np.asarray(image)[:, part])
    (thing,) = scene.objects
    return thing.colour, thing.shape, scene.background


def test_a_sentence_changes_a_picture(capfd):
    arguments = ["edit", "ring.png", "make it blue", "-o", "blue.png", "--json"]
    status, output, _ = run_cli(capfd, *arguments, "--compare", "--refine", 3)
    assert status == 0
    result = json.loads(output)
    assert result["output"] == "blue.png" and result["refine"] == 3
    assert "ring" in result["caption"] and "blue" in result["new_caption"]
    # Before stands on the left, after on the right.
    with Image.open("blue.png") as image:
        width = image.width
    assert looks("blue.png", slice(0, width // 2)) == ("red", "ring", "grey")
    after = looks("blue.png", slice(width - width // 2, width))
    assert after == ("blue", "ring", "grey")


def test_chinese_and_a_caption_of_ones_own(capfd):
    caption = "a large red ring in the middle of a grey background"
    arguments = ["edit", "ring.png", "背景换成粉色", "--caption", caption]
    status, output, _ = run_cli(capfd, *arguments, "-o", "pink.png")
    assert status == 0 and output.splitlines()[0] == "pink.png"
    assert caption in output
    assert looks("pink.png") == ("red", "ring", "pink")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.png", "make it blue"], "nowhere.png"),
        (["ring.png", ""], "empty"),
        (["ring.png", "make it red"], "does not show yet"),
        (["ring.png", "make it blue", "--strength", "9"], "less than or equal to 2"),
        (["ring.png", "make it blue", "-o", "no/such/folder/x.png"], "no/such/folder"),
    ],
)
def test_bad_requests_are_one_line(capfd, arguments, message):
    status, _, errors = run_cli(capfd, "edit", *arguments)
    assert status == 2 and message in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_model_without_a_captioner_asks_for_the_caption(capfd):
    folder = packaged.SHIPPED_FOLDER / "emoji_64"
    shutil.copytree(folder, "bare", ignore=shutil.ignore_patterns("captioner"))
    sums = json.loads(pathlib.Path("bare/checksums.json").read_text())
    sums = {name: of for name, of in sums.items() if "captioner" not in name}
    pathlib.Path("bare/checksums.json").write_text(json.dumps(sums))
    status, _, errors = run_cli(
        capfd, "edit", "ring.png", "make it blue", "--preset", "bare"
    )
    assert status == 2 and "captioner" in errors
    assert len(errors.strip().splitlines()) == 1
