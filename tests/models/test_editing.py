"""Pictures are drawn again with their own noise; a sentence says what changes."""

import numpy as np
import pytest

from aigc_keras.language import CaptionError, InstructionReader
from aigc_keras.metrics import PSNR, read_scene
from aigc_keras.models import TextToImageGAN
from aigc_keras.models.editing import move_vectors, refine_noise

RED = "a large red circle in the middle of a grey background"
RING = "a small green ring on the left of a pink background"


@pytest.fixture(scope="module")
def shipped():
    return TextToImageGAN.from_preset("shapes_64")


@pytest.fixture
def gan(make_gan, tiny_language):
    return make_gan(judge=True, text_encoder=tiny_language[0], noise_encoder=True)


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), "uint8")


CAPTIONS = ["a red ring", "a blue star", "a green cross"]
TARGETS = ["a blue ring", "a red star", "a red cross"]


def looks(picture):
    scene = read_scene(picture)
    (thing,) = scene.objects
    return thing.colour, thing.shape, thing.size, scene.background


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("make it blue", ("blue", "circle", "large", "grey")),
        ("turn it into a square", ("red", "square", "large", "grey")),
        ("把背景换成粉色", ("red", "circle", "large", "pink")),
        ("a large red star on a grey background", ("red", "star", "large", "grey")),
    ],
)
def test_what_is_asked_changes_and_the_rest_stays(shipped, sentence, expected):
    picture = shipped.generate([RED], seed=1)
    assert looks(picture[0]) == ("red", "circle", "large", "grey")
    assert looks(shipped.edit(picture, sentence, RED)[0]) == expected


def test_the_captioner_says_what_a_picture_shows(shipped):
    pictures = shipped.generate([RED, RING], seed=1)
    edited = shipped.edit(pictures, ["make it yellow", "make it blue"])
    colours = [looks(picture)[0] for picture in edited]
    assert colours == ["yellow", "blue"]


def test_strength_0_draws_the_picture_itself(shipped):
    picture = shipped.generate([RING], seed=4)
    same = shipped.edit(picture, "make it blue", RING, strength=0)
    psnr = PSNR()
    psnr.update_state(same, picture)
    assert float(psnr.result()) > 22


def test_one_picture_and_one_sentence_are_a_batch_of_one(gan, pictures):
    alone = gan.edit(pictures[0], TARGETS[0], CAPTIONS[0])
    batch = gan.edit(pictures, TARGETS, CAPTIONS)
    assert alone.shape == (1, 32, 32, 3) and alone.dtype == np.uint8
    # A different batch size may round a pixel's last bit otherwise.
    np.testing.assert_allclose(alone[0].astype(int), batch[0].astype(int), atol=1)


def test_the_same_seed_gives_the_same_variant(gan, pictures):
    first, same, other = (
        gan.edit(pictures, TARGETS, CAPTIONS, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_found_noise_draws_the_picture_again(gan, pictures):
    noise = gan.find_noise(pictures, CAPTIONS)
    assert noise.shape == (3, gan.generator.noise_dim)
    inputs = gan.text_encoder.encode(CAPTIONS)["text_embedding"]
    drawn = gan.ema_generator({"text_embedding": inputs, "noise": noise})
    same = gan.edit(pictures, TARGETS, CAPTIONS, strength=0)
    expected = (np.asarray(drawn) + 1) * 127.5
    np.testing.assert_allclose(same.astype(float), expected, atol=1.01)


def test_refinement_brings_a_drawing_nearer(gan, pictures):
    done = []
    text = gan.text_encoder.encode(CAPTIONS)["text_embedding"]
    noise = gan.find_noise(pictures, CAPTIONS)
    refined = refine_noise(
        gan, pictures, text, noise, 60, lambda *now: done.append(now)
    )
    assert done[-1] == (60, 60) and len(done) == 60

    def distance(vectors, numbers):
        drawn = gan.ema_generator({"text_embedding": vectors, "noise": numbers})
        return np.abs(np.asarray(drawn) - (pictures / 127.5 - 1)).mean()

    assert distance(refined[1], refined[0]) < distance(text, noise)
    alone = refine_noise(gan, pictures[:1], text[:1], noise[:1], 60)
    np.testing.assert_allclose(alone[0][0], refined[0][0], atol=1e-3)


def test_moved_vectors_keep_to_the_shell():
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 5, 16))
    np.testing.assert_allclose(move_vectors(start, end, 0.0), start)
    np.testing.assert_allclose(move_vectors(start, end, 1.0), end)
    lengths = np.linalg.norm([start, end, move_vectors(start, end, 0.5)], axis=-1)
    np.testing.assert_allclose(lengths[2], (lengths[0] + lengths[1]) / 2)
    beyond = np.linalg.norm(move_vectors(start, end, 1.7), axis=-1)
    np.testing.assert_allclose(beyond, lengths[1])


def test_without_a_reader_the_sentence_is_the_new_caption(gan, pictures):
    assert gan.companions.instruction_reader is None
    plain = gan.edit(pictures, TARGETS, CAPTIONS)
    triples = list(zip(CAPTIONS, ["anything"] * 3, TARGETS, strict=True))
    reader = InstructionReader.from_triples(triples, 270, 1, num_heads=2, hidden_dim=32)
    reader.fit(triples, epochs=150, seed=0)
    gan.companions.instruction_reader = reader
    read = gan.edit(pictures, ["anything"] * 3, CAPTIONS)
    np.testing.assert_array_equal(plain, read)


def test_bad_requests_are_refused_in_one_line(gan, make_gan, pictures, tiny_language):
    with pytest.raises(ValueError, match="must lie from 0 to 2. Received: 3"):
        gan.edit(pictures, TARGETS, CAPTIONS, strength=3)
    with pytest.raises(ValueError, match="must be 0 or more. Received: -1"):
        gan.edit(pictures, TARGETS, CAPTIONS, refine_steps=-1)
    with pytest.raises(ValueError, match="equally many. Received: 3, 2 and 3"):
        gan.edit(pictures, TARGETS[:2], CAPTIONS)
    with pytest.raises(ValueError, match="train --task captioner"):
        gan.edit(pictures, TARGETS)
    with pytest.raises(ValueError, match=r"\(n, 32, 32, 3\). Received: float"):
        gan.edit(pictures / 255, TARGETS, CAPTIONS)
    with pytest.raises(CaptionError):
        gan.edit(pictures, ["", *TARGETS[1:]], CAPTIONS)
    without = make_gan(text_encoder=tiny_language[0])
    with pytest.raises(ValueError, match="a model with a noise encoder; train one"):
        without.edit(pictures, TARGETS, CAPTIONS)
    mute = make_gan(noise_encoder=True)
    with pytest.raises(ValueError, match="Received: text_encoder=None"):
        mute.edit(pictures, TARGETS, CAPTIONS)
