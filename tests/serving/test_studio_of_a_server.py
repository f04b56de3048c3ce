"""The studio's model behind an address; here, because the server's fixtures are."""

import numpy as np
import pytest

from aigc_keras.serving import Client
from aigc_keras.studio import Library, LocalModel
from aigc_keras.studio.library import UnableError


@pytest.fixture(scope="module")
def model(address):
    library = Library([], server=address, server_model="tiny")
    assert library.names == [f"tiny @ {address}"]
    model = library.open(library.names[0])
    yield model
    model.client.close()


@pytest.fixture
def local(whole_gan):
    return LocalModel(whole_gan, "tiny")


@pytest.fixture
def file(asked_pictures, encode_picture):
    return encode_picture(asked_pictures[0])


def test_it_draws_what_the_client_draws(model, address):
    drawn = model.draw(["a red ring", "a blue star"], [3, 8])
    with Client(address, "tiny") as client:
        np.testing.assert_array_equal(drawn[1:], client.generate("a blue star", 8))


def test_it_changes_and_fills(model, local, file, asked_pictures, encode_picture):
    before, after, caption = model.change(file, "make it blue")
    np.testing.assert_array_equal(before, asked_pictures[0])
    assert after.shape == before.shape and (after != before).any()
    assert caption == local.change(file, "make it blue")[2]
    mask = np.zeros((32, 32), "uint8")
    mask[5:12, 5:12] = 255
    before, after = model.fill(file, encode_picture(mask), "a red ring")
    np.testing.assert_array_equal(after[..., :3][mask == 0], before[mask == 0])
    assert (after[..., :3] != before).any()


def test_it_describes_and_recognises_as_a_local_one(model, local, file):
    assert model.describe(file) == local.describe(file)
    named, realness = model.recognize(file)
    assert set(named) == {"cat", "dog", "owl"}
    expected, real = local.recognize(file)
    assert named == pytest.approx(expected, abs=1e-4)
    assert realness == pytest.approx(real, abs=1e-4)


@pytest.mark.parametrize(
    "wish",
    [
        lambda model, file: model.imagine(3, 0),
        lambda model, file: model.converse(),
        lambda model, file: model.recognize(file, ["a cat", "a dog"]),
    ],
    ids=["imagine", "converse", "choose"],
)
def test_what_is_not_served_is_said(model, file, wish):
    with pytest.raises(UnableError, match=r"Received: tiny @ http.*cannot"):
        wish(model, file)
