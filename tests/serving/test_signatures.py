"""Every signature answers as the model itself does, and refuses in words."""

import io
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from aigc_keras.language.instruction_reader import plain_sentence as plain_in_python
from aigc_keras.serving.signatures import plain_sentence

ALLOWED = pathlib.Path(__file__).with_name("allowed_ops.txt")
SIGNATURES = {
    "serving_default",
    "generate",
    "generate_png",
    "caption",
    "caption_zh",
    "edit",
    "inpaint",
    "recognize",
    "embed_text",
    "embed_image",
}


@pytest.fixture
def pictures(asked_pictures):
    return asked_pictures


@pytest.fixture
def files(pictures, encode_picture):
    return tf.constant([encode_picture(picture) for picture in pictures])


def ask(whole, name, *rows):
    signature = whole.signatures[name]
    order = {"caption": 1, "image_bytes": 0, "mask_bytes": 0.5, "seed": 2, "text": 0}
    names = sorted(signature.structured_input_signature[1], key=order.get)
    out = signature(**dict(zip(names, map(tf.constant, rows), strict=True)))
    return {key: value.numpy() for key, value in out.items()}


def seeds(*numbers):
    return np.array(numbers, "int64")


def pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image).astype(int)


def texts(values):
    return [value.decode() for value in values.ravel()]


def test_every_part_has_its_signatures(whole):
    assert set(whole.signatures) == SIGNATURES
    kinds = {tf.float32, tf.uint8, tf.int64, tf.string}
    for signature in whole.signatures.values():
        for part in (
            signature.structured_input_signature[1],
            signature.structured_outputs,
        ):
            for spec in part.values():
                assert spec.dtype in kinds and spec.shape[0] is None


def test_a_model_has_the_signatures_of_its_parts(repairing_gan):
    from aigc_keras.serving.signatures import ServedModel

    expected = {"serving_default", "generate", "generate_png", "embed_text", "inpaint"}
    assert set(ServedModel(repairing_gan).signatures()) == expected


def test_pictures_as_files_alone(whole):
    captions = ["a red ring", "一个蓝色的圆环"]
    both = ask(whole, "generate", captions, seeds(3, 4))
    (files,) = ask(whole, "generate_png", captions, seeds(3, 4)).values()
    assert files.tolist() == both["png_bytes"].tolist()
    for file, image in zip(files, both["image"], strict=True):
        assert (pixels(file) == image).all()


def test_captions(whole, whole_gan, pictures, files):
    captioner = whole_gan.companions.captioner
    for name, language in (("caption", "en"), ("caption_zh", "zh")):
        expected = captioner.caption(pictures, language)
        assert texts(ask(whole, name, files)["caption"]) == expected
        assert language == "zh" or len(set(expected)) == 3


def test_edits(whole, whole_gan, pictures, files):
    sentences = ["make it blue", " Make it ＲＥＤ！ ", "a green cross"]
    out = ask(whole, "edit", files, sentences, seeds(-1, -1, -1))
    sources = whole_gan.companions.captioner.caption(pictures)
    reader = whole_gan.companions.instruction_reader
    assert texts(out["caption"]) == reader.read(sources, sentences)
    expected = whole_gan.edit(pictures, sentences).astype(int)
    for png, picture in zip(out["png_bytes"], expected, strict=True):
        assert np.abs(pixels(png) - picture).max() <= 2


def test_variants_of_an_edit(whole, whole_gan, pictures, files):
    first = ask(whole, "edit", files[:1], ["make it blue"], seeds(5))["png_bytes"][0]
    same = ask(whole, "edit", files[:1], ["make it blue"], seeds(5))["png_bytes"][0]
    other = ask(whole, "edit", files[:1], ["make it blue"], seeds(6))["png_bytes"][0]
    assert first == same != other
    expected = whole_gan.edit(pictures[:1], "make it blue", seed=5)[0]
    assert np.abs(pixels(first) - expected).max() <= 2


@pytest.mark.parametrize("size", [(32, 32), (50, 90), (70, 20)])
@pytest.mark.parametrize("caption", ["a red ring", ""])
def test_holes_are_filled_and_the_rest_stays(
    whole, whole_gan, encode_picture, size, caption
):
    # Smooth, as scaling by TensorFlow and by Pillow differs a little.
    rows, columns = np.mgrid[: size[0], : size[1]]
    channels = [rows * 3 % 256, columns * 2 % 256, (rows + columns) % 256]
    picture = np.stack(channels, axis=-1).astype("uint8")
    missing = np.zeros(size, bool)
    missing[8:20, 4:14] = True
    mask = np.where(missing, 255, 0).astype("uint8")
    rows = ([encode_picture(picture)], [encode_picture(mask)], [caption], seeds(3))
    filled = pixels(ask(whole, "inpaint", *rows)["png_bytes"][0])
    assert filled.shape == (*size, 4) and (filled[..., 3] == 255).all()
    np.testing.assert_array_equal(filled[~missing, :3], picture[~missing])
    if caption:
        expected = whole_gan.inpaint(picture, missing, caption, seed=3)
        difference = np.abs(filled[missing, :3] - expected[missing].astype(int))
        assert difference.mean() < 1.5 and difference.max() < 16


def test_recognition(whole, whole_gan, pictures, files):
    out = ask(whole, "recognize", files)
    expected = whole_gan.recognize(pictures)
    assert texts(out["labels"][:, 0]) == expected["labels"]
    ranked = -np.sort(-expected["probabilities"], axis=1)
    np.testing.assert_allclose(out["probabilities"], ranked, atol=1e-5)
    np.testing.assert_allclose(out["realness"], expected["realness"], atol=1e-5)


def test_vectors(whole, whole_gan, pictures, files):
    said = ["a red ring", "  一个红色的圆环 "]
    found = ask(whole, "embed_text", said)["vector"]
    expected = whole_gan.text_encoder.encode(said)["text_embedding"]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    found = ask(whole, "embed_image", files)["vector"]
    inputs = pictures.astype("float32") / 127.5 - 1
    expected = whole_gan.judge(inputs)["image_vector"]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("mode", "form"),
    [("L", "png"), ("RGBA", "png"), ("P", "png"), ("I;16", "png"), ("RGB", "jpeg")],
)
def test_pictures_are_read_as_pillow_reads_them(whole, encode_picture, mode, form):
    import aigc_keras.datasets.images as images
    from aigc_keras.datasets.framing import CentreCrop
    from aigc_keras.serving import graph_pictures

    rows, columns = np.mgrid[:80, :50]
    colour = np.stack([rows * 2, columns * 4, 200 - rows], axis=-1).astype("uint8")
    image = Image.fromarray(colour)
    if mode == "RGBA":
        image.putalpha(Image.fromarray((columns * 5).astype("uint8")))
    elif mode == "I;16":
        image = Image.fromarray((rows * 700).astype("uint16"))
    else:
        image = image.convert(mode)
    file = io.BytesIO()
    image.save(file, form)
    seen = graph_pictures.lay_on_white(graph_pictures.decode_picture(file.getvalue()))
    found = graph_pictures.frame_centre(seen, 32).numpy()
    expected = images.read_image(file.getvalue(), framing=CentreCrop(32))
    assert np.abs(found - expected).max() <= 4 and np.abs(found - expected).mean() < 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "must be the bytes of a PNG or JPEG"),
        (b"GIF89a" + bytes(40), "must be the bytes of a PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n", "must be the bytes of a PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\xff" * 8 + bytes(40), "at most 16000000"),
        (b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\0\0\0\1" * 2 + bytes(40), "sides of 4"),
        (b"\xff\xd8\xff" + bytes(100), "Invalid JPEG"),
    ],
)
def test_what_is_no_picture_is_refused(whole, data, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        ask(whole, "caption", [data])


def test_a_truncated_file_is_refused(whole, pictures, encode_picture):
    for form in ("png", "jpeg"):
        data = encode_picture(pictures[0], form)
        with pytest.raises(tf.errors.InvalidArgumentError):
            ask(whole, "caption", [data[: len(data) * 2 // 3]])


def test_a_mask_of_another_size_is_refused(whole, files, encode_picture):
    mask = [encode_picture(np.zeros((5, 9), "uint8"))]
    with pytest.raises(tf.errors.InvalidArgumentError, match="as large as its picture"):
        ask(whole, "inpaint", files[:1], mask, ["a red ring"], seeds(0))


def test_a_sentence_without_room_is_refused(whole, files):
    with pytest.raises(tf.errors.InvalidArgumentError, match="shorten it"):
        ask(whole, "edit", files[:1], ["make it blue " * 99], seeds(0))


def test_a_row_does_not_depend_on_the_others(whole, files):
    sentences = ["make it blue", "make it red", "make it green"]
    together = ask(whole, "edit", files, sentences, seeds(1, 2, 3))["png_bytes"]
    alone = ask(whole, "edit", files[1:2], sentences[1:2], seeds(2))["png_bytes"]
    one, other = (tf.io.decode_png(x).numpy() for x in (together[1], alone[0]))
    difference = np.abs(one.astype(int) - other)
    assert difference.max() <= 1 and np.mean(difference > 0) < 1e-3


def test_empty_batches(whole):
    nothing = np.array([], dtype=object)
    assert ask(whole, "recognize", tf.constant(nothing, tf.string))["labels"].shape == (
        0,
        3,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Make It Blue!",
        "ｍａｋｅ　it　blue．",
        "把它变成蓝色。",
        "改成绿色！？",
        "!!",
        "Ä Ö",
        "a. b.",
    ],
)
def test_sentences_are_made_plain_alike(text):
    found = plain_sentence(tf.constant(text)).numpy().decode()
    assert found == plain_in_python(text)


def operations(version):
    """Return the kinds of operations of a SavedModel, whatever signature uses them."""
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString((version / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    nodes = [*graph.node]
    for function in graph.library.function:
        nodes += function.node_def
    return {node.op for node in nodes}


def test_every_operation_is_one_that_tensorflow_serving_links(whole_version):
    from tensorflow.python.framework import kernels

    lines = ALLOWED.read_text().splitlines()
    allowed = {line for line in lines if not line.startswith("#")}
    assert operations(whole_version) <= allowed
    for operation in allowed:
        found = kernels.get_registered_kernels_for_op(operation).kernel
        devices = {kernel.device_type for kernel in found}
        assert devices & {"CPU", "DEFAULT"}, operation
    # What grows with its requests, needs Python, or needs XLA.
    assert not {
        name
        for name in allowed
        if name.startswith(("Xla", "Py", "EagerPy")) or "Mutable" in name
    }
