"""The models of the page, and what is said where one lacks a part."""

import numpy as np
import pytest

from aigc_keras.studio import Library, LocalModel
from aigc_keras.studio.handling import as_png
from aigc_keras.studio.library import UnableError


@pytest.fixture
def model(repairing_gan, tiny_language, tiny_captioner):
    repairing_gan.companions.captioner = tiny_captioner
    repairing_gan.companions.prompt_writer = tiny_language[1]
    return LocalModel(repairing_gan, "tiny")


@pytest.fixture
def picture():
    image = np.random.default_rng(0).integers(0, 256, (40, 48, 3), "uint8")
    return image, as_png(image)


def test_models_are_opened_once_and_known_by_their_parts():
    library = Library()
    assert set(library.names) >= {"shapes_64", "scenes_64"}
    assert "shapes_64" in library.names_with("repairer")
    assert "emoji_64" not in library.names_with("instruction_reader")
    assert library.open("shapes_64") is library.open("shapes_64")
    with pytest.raises(ValueError, match="one of .*shapes_64.*'none'"):
        library.open("none")


def test_runs_come_first():
    library = Library(["shapes_64"], ["some/run"])
    assert library.names == ["some/run", "shapes_64"]


def test_a_picture_does_not_depend_on_its_neighbours(model):
    images = model.draw(["a red ring", "a blue star"], [3, 4])
    assert images.shape == (2, 32, 32, 3)
    np.testing.assert_array_equal(images[1:], model.draw(["a blue star"], [4]))


def test_captions_are_imagined(model):
    assert len(model.imagine(3, seed=1)) == 3
    assert model.imagine(3, seed=1) == model.imagine(3, seed=1)


def test_holes_alone_are_filled(model, picture):
    image, png = picture
    mask = np.zeros((40, 48), "uint8")
    mask[10:20, 10:20] = 255
    before, after = model.fill(png, as_png(mask), "a red ring")
    np.testing.assert_array_equal(after[mask == 0], image[mask == 0])
    assert (before != after).any()


def test_pictures_are_described(model, picture):
    assert isinstance(model.describe(picture[1], "zh"), str)


def test_pictures_are_recognised(picture):
    model = Library().open("shapes_64")
    found, realness = model.recognize(picture[1], ["a red ring", "a blue star"])
    assert set(found) == {"a red ring", "a blue star"}
    assert sum(found.values()) == pytest.approx(1, abs=1e-4)
    assert 0 <= realness <= 1


def test_what_a_model_cannot_do_is_said(repairing_gan, picture):
    bare = LocalModel(repairing_gan, "bare")
    wishes = {
        "prompt writer": lambda: bare.imagine(1, 0),
        "captioner": lambda: bare.describe(picture[1]),
        "noise encoder.*--task encoder": lambda: bare.change(
            picture[1], "make it blue"
        ),
        "dialogue reader": bare.converse,
    }
    for part, wish in wishes.items():
        with pytest.raises(UnableError, match=f"{part}.*Received: bare"):
            wish()
