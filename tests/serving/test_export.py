import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from aigc_keras.serving import ExportError, export
from aigc_keras.serving import export as export_function
from aigc_keras.training import load_run

CAPTIONS = ["a small red circle", "一个红色的小圆形", "zyxwv qqq 龘"]

FRESH = """
import sys
import numpy as np
import tensorflow as tf
of_tensorflow = set(sys.modules)
served = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
captions = np.load(sys.argv[2])["captions"]
seeds = tf.constant([1, 2, 3], tf.int64)
out = served(caption=tf.constant(captions.tolist()), seed=seeds)
foreign = {"keras", "keras_nlp", "keras_hub", "tensorflow_text", "aigc_keras"}
loaded = foreign & (set(sys.modules) - of_tensorflow)
assert not loaded, loaded
np.save(sys.argv[3], out["image"].numpy())
"""


@pytest.fixture(scope="module")
def gan(tiny_run):
    return load_run(tiny_run)


@pytest.fixture(scope="module")
def version(gan, tmp_path_factory):
    return export(gan, tmp_path_factory.mktemp("served") / "tiny")


@pytest.fixture(scope="module")
def served(version):
    return tf.saved_model.load(str(version)).signatures["serving_default"]


def call(served, captions, seeds):
    out = served(caption=tf.constant(captions), seed=tf.constant(seeds, tf.int64))
    return {name: value.numpy() for name, value in out.items()}


def test_the_signature(served):
    inputs = served.structured_input_signature[1]
    assert inputs["caption"].shape.as_list() == [None]
    assert inputs["caption"].dtype == tf.string and inputs["seed"].dtype == tf.int64
    outputs = served.structured_outputs
    assert outputs["image"].shape.as_list() == [None, 32, 32, 3]
    assert outputs["image"].dtype == tf.uint8
    assert outputs["png_bytes"].dtype == tf.string


def test_it_draws_what_the_model_draws(gan, served):
    out = call(served, CAPTIONS, [1, 2, 3])
    expected = gan.generate(CAPTIONS, seed=[1, 2, 3])
    difference = np.abs(out["image"].astype(int) - expected.astype(int))
    assert difference.max() <= 2
    for png, image in zip(out["png_bytes"], out["image"], strict=True):
        np.testing.assert_array_equal(tf.io.decode_png(png), image)


def test_a_row_does_not_depend_on_the_others(served):
    together = call(served, CAPTIONS * 5, list(range(15)))["image"]
    for row in (0, 7, 14):
        alone = call(served, [CAPTIONS[row % 3]], [row])["image"]
        difference = np.abs(alone[0].astype(int) - together[row])
        assert difference.max() <= 1 and np.mean(difference > 0) < 1e-3


@pytest.mark.slow
def test_a_row_of_the_shipped_model_does_not_depend_on_the_others(tmp_path):
    from aigc_keras.models import TextToImageGAN

    exported = export(TextToImageGAN.from_preset("shapes_64"), tmp_path / "shapes_64")
    served = tf.saved_model.load(str(exported)).signatures["serving_default"]
    rng = np.random.default_rng(0)
    captions = [f"a red {'ring left of a ' * (i % 7)}star {i}" for i in range(40)]
    together = call(served, captions, list(range(40)))["image"]
    for number in (1, 2, 3, 5, 7, 8, 13, 31):
        rows = rng.permutation(40)[:number]
        some = call(served, [captions[row] for row in rows], rows.tolist())["image"]
        # How a processor's threads share a batch may round a value the other way.
        difference = np.abs(some.astype(int) - together[rows])
        assert difference.max() <= 1 and np.mean(difference > 0) < 1e-3


def test_white_space_around_a_caption_does_not_count(served):
    images = call(served, ["  a ring\n", "a ring"], [4, 4])["image"]
    np.testing.assert_array_equal(images[0], images[1])


def test_an_empty_batch(served):
    out = served(
        caption=tf.constant([], tf.string, [0]), seed=tf.constant([], tf.int64)
    )
    assert out["image"].shape == (0, 32, 32, 3)


def test_nothing_in_the_graph_can_grow(version):
    graph = tf.saved_model.load(str(version)).signatures["serving_default"].graph
    kinds = {node.op for node in graph.as_graph_def().node}
    for function in graph.as_graph_def().library.function:
        kinds |= {node.op for node in function.node_def}
    assert not {
        k
        for k in kinds
        if "Mutable" in k
        or "HashTable" in k
        or "Regex" in k
        and k not in ("RegexReplace", "StaticRegexReplace")
    }
    assert not {k for k in kinds if k.startswith("Assign")}


def test_a_fresh_process_without_this_package(gan, version, tmp_path):
    np.savez(tmp_path / "captions.npz", captions=np.array(CAPTIONS))
    arguments = [str(version), str(tmp_path / "captions.npz"), str(tmp_path / "o.npy")]
    subprocess.run(
        [sys.executable, "-c", FRESH, *arguments], check=True, cwd=tmp_path, timeout=120
    )
    expected = gan.generate(CAPTIONS, seed=[1, 2, 3])
    difference = np.load(tmp_path / "o.npy").astype(int) - expected.astype(int)
    assert np.abs(difference).max() <= 2


@pytest.mark.slow
def test_the_session_loader(version, served, tmp_path):
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tensorflow.python.tools.saved_model_cli",
            "run",
            "--dir",
            str(version),
            "--tag_set",
            "serve",
            "--signature_def",
            "serving_default",
            "--input_exprs",
            "caption=['a small red circle'];seed=[1]",
            "--outdir",
            str(tmp_path),
        ],
        check=True,
        timeout=120,
        capture_output=True,
    )
    expected = call(served, CAPTIONS[:1], [1])["image"]
    found = np.load(tmp_path / "image.npy")
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 2


def test_versions_count_up(gan, version):
    (version.parent / "notes").mkdir()
    assert export(gan, version.parent).name == "2"


def test_a_failed_export_publishes_nothing(gan, tmp_path, monkeypatch):
    monkeypatch.setattr(
        type(gan), "generate", lambda self, captions, seed: np.full((1, 32, 32, 3), 9e3)
    )
    with pytest.raises(ExportError, match="differ"):
        export_function(gan, tmp_path / "served")
    assert list((tmp_path / "served").iterdir()) == []


@pytest.mark.slow
def test_a_broken_part_publishes_nothing(whole_gan, tmp_path, monkeypatch):
    broken = [np.full(w.shape, np.nan) for w in whole_gan.judge.weights]
    kept = whole_gan.judge.get_weights()
    whole_gan.judge.set_weights(broken)
    try:
        with pytest.raises(ExportError, match="embed_image"):
            export(whole_gan, tmp_path / "served")
    finally:
        whole_gan.judge.set_weights(kept)
    assert list((tmp_path / "served").iterdir()) == []


def test_a_model_without_words_cannot_be_exported(gan, tmp_path, monkeypatch):
    monkeypatch.setattr(gan, "text_encoder", None)
    with pytest.raises(ValueError, match="text encoder"):
        export(gan, tmp_path)


def test_picture_is_a_png(served):
    import io

    png = call(served, CAPTIONS[:1], [1])["png_bytes"][0]
    assert Image.open(io.BytesIO(png)).size == (32, 32)
