"""Recognition: by classes that were learned, by captions, and what is real."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.datasets.pipeline import to_model_range
from aigc_keras.datasets.shapes import captions, render
from aigc_keras.language import CaptionError
from aigc_keras.models import LossWeights, TextToImageGAN
from aigc_keras.models.recognition import image_realness

COLOURS = ((220, 30, 30), (30, 200, 30), (30, 30, 220))


def coloured(labels, seed):
    """Noisy pictures of 32 pixels whose colour is their class."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 25, (len(labels), 32, 32, 3))
    colours = np.array(COLOURS)[labels][:, None, None]
    return np.clip(colours + noise, 0, 255).astype("uint8")


@pytest.fixture(scope="module")
def shapes_64():
    return TextToImageGAN.from_preset("shapes_64")


def test_classes_that_were_learned_are_recognised(make_recognizer, make_batch):
    gan = make_recognizer()
    gan.compile(
        discriminator_optimizer=keras.optimizers.Adam(5e-3),
        loss_weights=LossWeights(layout=0.0, diversity=0.0),
    )
    batch = make_batch(12)
    batch["label"] = np.arange(12) % 3
    for step in range(60):
        images = coloured(batch["label"], step)
        gan.train_on_batch({**batch, "image": to_model_range(images).numpy()})
    labels = np.random.default_rng(1).integers(0, 3, 30)
    found = gan.recognize(coloured(labels, 999), batch_size=7)
    assert found["class_names"] == ["cat", "dog", "owl"]
    assert found["labels"] == [found["class_names"][label] for label in labels]
    assert found["probabilities"].dtype == found["realness"].dtype == np.float32
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, rtol=1e-5)


def test_probabilities_are_those_of_the_discriminator(make_recognizer, make_batch):
    gan, text = make_recognizer(), make_batch(5)["text_embedding"]
    images = coloured([0, 1, 2, 0, 1], 3)
    inputs = {"image": to_model_range(images), "text_embedding": tf.constant(text)}
    logits = gan.discriminator(inputs)["class_logits"]
    found = gan.recognize(images, batch_size=2)
    np.testing.assert_allclose(
        found["probabilities"], keras.ops.softmax(logits), rtol=1e-4
    )


@pytest.mark.parametrize("bank", [True, False])
def test_realness_is_the_validity_with_the_caption_that_suits_best(
    bank, make_gan, make_recognizer
):
    gan = make_recognizer() if bank else make_gan()
    images = coloured([0, 1, 2, 0], 4)
    image = to_model_range(images)

    def validity(vector):
        text = tf.repeat(tf.cast(vector[None], tf.float32), 4, axis=0)
        inputs = {"image": image, "text_embedding": text}
        return gan.discriminator(inputs)["validity"].numpy()[:, 0]

    if bank:
        every = [validity(vector) for vector in np.array(gan.caption_bank)]
        assert np.ptp(every, axis=0).min() > 0.1
        best = np.max(every, axis=0)
    else:
        best = gan.discriminator.trunk(image)["realness"].numpy()[:, 0]
    found = image_realness(gan, images, batch_size=3)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-best)), rtol=1e-3)
    if bank:
        np.testing.assert_allclose(gan.recognize(images)["realness"], found, rtol=1e-3)


def test_captions_choose_without_training_for_it(shapes_64):
    made = [render.make_example(f"zero/{i}") for i in range(40)]
    items = [scene.objects[0] for _, scene, _ in made]
    names = sorted({(item.colour, item.shape) for item in items})
    labels = [f"a picture of a {colour} {shape}" for colour, shape in names]
    found = shapes_64.recognize(np.stack([image for image, _, _ in made]), labels)
    assert found["class_names"] == labels and len(labels) > 15
    right = [
        label == f"a picture of a {item.colour} {item.shape}"
        for label, item in zip(found["labels"], items, strict=True)
    ]
    assert np.mean(right) >= 0.9
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, rtol=1e-5)


def test_drawings_and_noise_look_less_real_than_pictures(shapes_64):
    made = [render.make_example(f"real/{i}") for i in range(24)]
    said = [captions.write_english(scene, rng) for _, scene, rng in made]
    noise = np.random.default_rng(0).integers(0, 256, (24, 64, 64, 3), "uint8")
    real, drawn, nothing = (
        np.median(image_realness(shapes_64, images))
        for images in (
            np.stack([image for image, _, _ in made]),
            shapes_64.generate(said),
            noise,
        )
    )
    assert real > 0.5 > drawn and real > nothing


def test_a_model_without_classes_says_what_it_needs():
    images = np.zeros((1, 64, 64, 3), "uint8")
    scenes_64 = TextToImageGAN.from_preset("scenes_64")
    with pytest.raises(ValueError, match="learned classes, or `labels`") as caught:
        scenes_64.recognize(images)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 32, 32, 3), "float32"), "Received: float32"),
        (np.zeros((1, 64, 64, 3), "uint8"), r"\(1, 64, 64, 3\)"),
        (np.zeros((0, 32, 32, 3), "uint8"), "Received: none"),
    ],
)
def test_other_images_are_refused(images, message, make_recognizer):
    with pytest.raises(ValueError, match=message):
        make_recognizer().recognize(images)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (["a cat"], ValueError, "two or more"),
        (["a cat", "a dog", "a cat "], ValueError, "all different"),
        (["a cat", ""], CaptionError, "at least one character"),
    ],
)
def test_other_labels_are_refused(labels, error, message, shapes_64):
    with pytest.raises(error, match=message):
        shapes_64.recognize(np.zeros((1, 64, 64, 3), "uint8"), labels)


def test_labels_need_a_judge(make_gan):
    with pytest.raises(ValueError, match="need a model with a judge"):
        make_gan().recognize(np.zeros((1, 32, 32, 3), "uint8"), ["a cat", "a dog"])


def test_names_must_be_as_many_as_classes(make_recognizer):
    with pytest.raises(ValueError, match="2 names and num_classes=3"):
        make_recognizer(class_names=["cat", "dog"])
    with pytest.raises(ValueError, match="0 names and num_classes=3"):
        make_recognizer(class_names=None)


def test_fresh_networks_of_a_preset_have_the_classes_asked_for():
    gan = TextToImageGAN.from_preset("tiny_32", None, class_names=["猫", "狗"])
    assert gan.class_names == ["猫", "狗"] and gan.discriminator.num_classes == 2
    plain = TextToImageGAN.from_preset("tiny_32", None)
    assert plain.class_names is None and plain.discriminator.num_classes is None
