"""Folders made to do harm: refused with one line, and nothing is run."""

import hashlib
import json
import pathlib

import h5py
import keras
import numpy as np
import pytest

from aigc_keras.models import TextToImageGAN, packaged


class Evil:
    def __reduce__(self):
        return pathlib.Path.touch, (pathlib.Path("harm_was_done"),)


@pytest.fixture
def folder(make_gan, tiny_language, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_gan(judge=True, text_encoder=tiny_language[0]).save_to_preset("model")
    return tmp_path / "model"


def seal(folder, **more):
    """Write the checksums anew, as one who means harm would."""
    names = packaged._files(folder)
    sums = {x: hashlib.sha256((folder / x).read_bytes()).hexdigest() for x in names}
    path = folder / packaged.CHECKSUMS_FILE
    path.write_text(json.dumps({**sums, **more}))


def refused(folder):
    with pytest.raises(ValueError) as caught:
        TextToImageGAN.from_preset(folder)
    assert not pathlib.Path("harm_was_done").exists()
    text = str(caught.value)
    assert "\n" not in text, text
    return text


def test_pickled_weights_are_refused(folder):
    np.savez(folder / "weights.npz", **{"generator/0": np.array([Evil()], object)})
    seal(folder)
    assert "pickle" in refused(folder).lower()


def test_a_file_outside_the_folder_is_refused(folder):
    (folder.parent / "secret").write_text("x")
    digest = hashlib.sha256(b"x").hexdigest()
    seal(folder, **{"../secret": digest})
    assert "../secret" in refused(folder)


def test_a_link_out_of_the_folder_is_refused(folder):
    vocabulary = next(folder.rglob("vocabulary.json"))
    outside = folder.parent / "vocabulary.json"
    vocabulary.rename(outside)
    vocabulary.symlink_to(outside)
    seal(folder)
    assert "vocabulary.json" in refused(folder)


def test_a_lambda_layer_is_refused(folder):
    path = next(folder.rglob("text_encoder.json"))
    config = json.loads(path.read_text())
    tokens = keras.Input((None, 16), name="tokens")
    evil = keras.layers.Lambda(lambda x: pathlib.Path("harm_was_done").touch() or x)
    pooler = keras.Model(tokens, evil(tokens)).to_json()
    pathlib.Path("harm_was_done").unlink()
    config["pooler"] = json.loads(pooler)["config"]
    path.write_text(json.dumps(config))
    seal(folder)
    assert "lambda" in refused(folder).lower()


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_a_bomb_of_hdf5_is_refused(folder):
    path = next(folder.rglob("*.weights.h5"))
    with h5py.File(path, "a") as file:
        names = []
        file.visititems(
            lambda name, item: (
                names.append(name) if isinstance(item, h5py.Dataset) else None
            )
        )
        del file[names[0]]
        shape = (1 << 20, 1 << 20)
        file.create_dataset(names[0], shape, "float32", chunks=(1024, 1024))
    seal(folder)
    assert str(folder) in refused(folder)
