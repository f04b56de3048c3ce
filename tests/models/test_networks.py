"""What every network must keep: shapes, dtypes, ranges, and the way through a file."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.layers import PushPull
from aigc_keras.models import (
    Discriminator,
    Generator,
    ImageEncoder,
    ImageRepairer,
    NoiseEncoder,
)

BATCH, TEXT_DIM, NOISE_DIM = 2, 8, 4
SIZES = (32, 64, 128, 256)


def make_generator(size=32, **kwargs):
    return Generator(
        size, TEXT_DIM, NOISE_DIM, base_channels=2, condition_dim=8, **kwargs
    )


def make_generator_of_places(size=32, **kwargs):
    return make_generator(size, first_blocks=1, place_channels=3, **kwargs)


def make_discriminator(size=32, **kwargs):
    return Discriminator(size, TEXT_DIM, base_channels=2, matching_dim=6, **kwargs)


def make_encoder(size=32, **kwargs):
    return ImageEncoder(size, 6, vocabulary_size=9, base_channels=2, **kwargs)


def make_noise_encoder(size=32, **kwargs):
    return NoiseEncoder(
        size, TEXT_DIM, NOISE_DIM, base_channels=2, hidden_dim=8, **kwargs
    )


def make_repairer(size=32, **kwargs):
    repairer = ImageRepairer(
        size, TEXT_DIM, NOISE_DIM, base_channels=2, condition_dim=8, **kwargs
    )
    # A fresh one leaves an image as it is.
    rng = np.random.default_rng(3)
    shapes = [weight.shape for weight in repairer.weights]
    repairer.set_weights([rng.normal(0, 0.2, shape) for shape in shapes])
    return repairer


MAKERS = {
    "generator": make_generator,
    "generator_of_places": make_generator_of_places,
    "discriminator": make_discriminator,
    "image_encoder": make_encoder,
    "noise_encoder": make_noise_encoder,
    "repairer": make_repairer,
}


def example_inputs(name, size=32):
    rng = np.random.default_rng(0)
    image = rng.uniform(-1, 1, (BATCH, size, size, 3)).astype("float32")
    text = rng.normal(size=(BATCH, TEXT_DIM)).astype("float32")
    noise = rng.normal(size=(BATCH, NOISE_DIM)).astype("float32")
    mask = np.zeros((BATCH, size, size, 1), "float32")
    mask[:, size // 4 : size // 2, size // 8 : size // 2] = 1
    said = {"text_embedding": text, "noise": noise}
    return {
        "generator": said,
        "generator_of_places": said,
        "discriminator": {"image": image, "text_embedding": text},
        "image_encoder": image,
        "noise_encoder": {"image": image, "text_embedding": text},
        "repairer": {"image": image, "mask": mask, **said},
    }[name]


def outputs_of(network, name, size=32):
    result = network(example_inputs(name, size))
    result = result if isinstance(result, dict) else {"image": result}
    return {key: keras.ops.convert_to_numpy(value) for key, value in result.items()}


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


@pytest.mark.parametrize("size", SIZES)
def test_the_generator_draws_in_range_at_every_size(size):
    image = outputs_of(make_generator(size), "generator", size)["image"]
    assert image.shape == (BATCH, size, size, 3)
    assert image.dtype == np.float32
    assert np.all(np.abs(image) <= 1)


@pytest.mark.parametrize("size", SIZES)
def test_the_repairer_stays_in_range_at_every_size(size):
    image = outputs_of(make_repairer(size), "repairer", size)["image"]
    assert image.shape == (BATCH, size, size, 3)
    assert np.all(np.abs(image) <= 1) and np.abs(image).max() == 1


def test_a_fresh_repairer_fills_from_around_and_leaves_the_rest():
    repairer = ImageRepairer(32, TEXT_DIM, NOISE_DIM, base_channels=2)
    inputs = example_inputs("repairer")
    expected = PushPull()(inputs["image"], inputs["mask"])
    np.testing.assert_array_equal(repairer(inputs), expected)


def test_a_repairer_hears_and_sees_all_but_what_is_missing():
    repairer, inputs = make_repairer(), example_inputs("repairer")
    before = np.array(repairer(inputs))
    for name in ("text_embedding", "noise"):
        changed = repairer({**inputs, name: inputs[name] + 1})
        assert np.abs(changed - before).max() > 1e-3, name
    seen = repairer({**inputs, "image": inputs["image"] * 0.5})
    assert np.abs(seen - before).max() > 1e-2
    hidden = inputs["image"] * (1 - inputs["mask"]) + 0.3 * inputs["mask"]
    np.testing.assert_array_equal(repairer({**inputs, "image": hidden}), before)


def test_a_slope_reaches_what_was_cut_off():
    repairer, inputs = make_repairer(), example_inputs("repairer")
    layer = repairer.get_layer("to_patches")
    layer.bias.assign(layer.bias + 99)
    with tf.GradientTape() as tape:
        image = repairer(inputs)
        loss = tf.reduce_mean(image)
    assert float(tf.reduce_min(image)) == 1
    assert np.abs(tape.gradient(loss, layer.bias.value)).min() > 0


@pytest.mark.parametrize("size", SIZES)
def test_the_discriminator_has_its_three_outputs_at_every_size(size):
    outputs = outputs_of(make_discriminator(size), "discriminator", size)
    assert {name: value.shape for name, value in outputs.items()} == {
        "validity": (BATCH, 1),
        "image_vector": (BATCH, 6),
        "text_vector": (BATCH, 6),
    }


def test_classes_are_a_head_of_the_shared_trunk():
    plain, classifying = make_discriminator(), make_discriminator(num_classes=5)
    outputs = outputs_of(classifying, "discriminator")
    assert outputs["class_logits"].shape == (BATCH, 5)
    assert np.ptp(outputs["class_logits"], axis=0).max() > 0
    assert len(classifying.weights) == len(plain.weights) + 2
    copy = Discriminator.from_config(classifying.get_config())
    copy.set_weights(classifying.get_weights())
    again = outputs_of(copy, "discriminator")
    np.testing.assert_array_equal(again["class_logits"], outputs["class_logits"])
    # The configuration of a model that was saved before there were classes.
    old = {k: v for k, v in plain.get_config().items() if k != "num_classes"}
    assert Discriminator.from_config(old).num_classes is None


@pytest.mark.parametrize("size", SIZES)
def test_the_image_encoder_has_its_two_outputs_at_every_size(size):
    outputs = outputs_of(make_encoder(size), "image_encoder", size)
    assert {name: value.shape for name, value in outputs.items()} == {
        "image_vector": (BATCH, 6),
        "token_logits": (BATCH, 9),
    }


@pytest.mark.parametrize("size", SIZES)
def test_the_noise_encoder_begins_at_the_standard_normal(size):
    outputs = outputs_of(make_noise_encoder(size), "noise_encoder", size)
    assert set(outputs) == {"mean", "log_variance"}
    for value in outputs.values():
        np.testing.assert_array_equal(value, np.zeros((BATCH, NOISE_DIM)))


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_mixed_precision_ends_in_float32(name):
    network = MAKERS[name](dtype="mixed_bfloat16")
    layers = network._flatten_layers()
    assert any(layer.compute_dtype == "bfloat16" for layer in layers)
    assert all(weight.dtype == "float32" for weight in network.weights)
    for value in outputs_of(network, name).values():
        assert value.dtype == np.float32
    classifying = make_discriminator(dtype="mixed_bfloat16", num_classes=3)
    logits = outputs_of(classifying, "discriminator")["class_logits"]
    assert logits.dtype == np.float32


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_config_round_trip(name):
    network = MAKERS[name]()
    expected = outputs_of(network, name)
    copy = type(network).from_config(network.get_config())
    assert copy.get_config() == network.get_config()
    copy.set_weights(network.get_weights())
    for key, value in outputs_of(copy, name).items():
        np.testing.assert_array_equal(value, expected[key])


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_file_round_trip(name, tmp_path):
    network = MAKERS[name]()
    expected = outputs_of(network, name)
    network.save(tmp_path / "network.keras")
    copy = keras.saving.load_model(tmp_path / "network.keras")
    assert isinstance(copy, type(network))
    for key, value in outputs_of(copy, name).items():
        np.testing.assert_array_equal(value, expected[key])


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_the_same_seed_gives_the_same_weights(name):
    first = MAKERS[name]().get_weights()
    keras.utils.set_random_seed(0)
    for one, other in zip(first, MAKERS[name]().get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("stages", "patch_size", "side"), [((2,), 4, 16), ((2, 2, 2), 2, 32)]
)
def test_stages_and_patches_decide_the_side(stages, patch_size, side):
    network = make_generator(side, stages=stages, patch_size=patch_size)
    assert network.output_shape == (None, side, side, 3)
    assert network.get_config()["stages"] == list(stages)
    assert network.get_config()["patch_size"] == patch_size


@pytest.mark.parametrize("maker", [make_generator, make_discriminator])
def test_more_blocks_make_a_deeper_network(maker):
    deeper = maker(64, blocks=2)
    assert deeper.get_config()["blocks"] == 2
    sums = [layer.name for layer in deeper._flatten_layers() if "sum" in layer.name]
    assert len(sums) == 2 * (len(deeper.stages) - 1)


@pytest.mark.parametrize("maker", [make_generator, make_discriminator])
def test_stages_that_miss_the_side_are_refused(maker):
    with pytest.raises(ValueError, match=r"stages=\(2, 2\), image_size=64, patch"):
        maker(64, stages=(2, 2))


@pytest.mark.parametrize("maker", [make_generator, make_discriminator])
def test_an_unusual_side_without_stages_is_refused(maker):
    with pytest.raises(ValueError, match="Received: image_size=48"):
        maker(48)


@pytest.mark.parametrize("size", [4, 48])
def test_the_image_encoder_refuses_a_side_that_is_no_power_of_two(size):
    with pytest.raises(ValueError, match=f"Received: image_size={size}"):
        make_encoder(size)


def test_text_and_noise_modulate_every_block():
    generator = make_generator(64)
    modulations = [layer for layer in generator.layers if "modulation" in layer.name]
    # Two a doubling, and the last.
    assert len(modulations) == 2 * (len(generator.stages) - 1) + 1
    rng = np.random.default_rng(1)
    for layer in modulations:
        shapes = [weight.shape for weight in layer.weights]
        layer.set_weights([rng.normal(size=shape) for shape in shapes])
    inputs = example_inputs("generator")
    before = generator(inputs)
    for key in inputs:
        changed = {**inputs, key: inputs[key] + 1}
        assert np.any(np.abs(generator(changed) - before) > 1e-3), key


def test_places_modulate_all_that_comes_after_them():
    generator = make_generator_of_places(64)
    assert generator.get_config()["first_blocks"] == 1
    assert generator.get_config()["place_channels"] == 3
    assert generator.get_layer("places").output.shape == (None, 8, 8, 3)
    names = {
        layer.name: len(layer.weights)
        for layer in generator.layers
        if layer.name.endswith("_modulation")
    }
    before = {"refine_0_0", "double_1", "refine_1_0"}
    after = {"double_2", "refine_2_0", "double_3", "refine_3_0", "last"}
    expected = {f"{name}_modulation": 2 for name in before}
    assert names == expected | {f"{name}_modulation": 4 for name in after}
    # The configuration of a model that was saved before there were places.
    plain = make_generator(64)
    config = plain.get_config()
    del config["first_blocks"], config["place_channels"]
    again = Generator.from_config(config)
    assert [w.shape for w in again.weights] == [w.shape for w in plain.weights]


def test_places_without_a_map_for_them_are_refused():
    with pytest.raises(ValueError, match=r"place_channels=3, stages=\(2,\)"):
        make_generator(16, stages=(2,), patch_size=4, place_channels=3)


def test_validity_is_realness_plus_the_vectors_product():
    discriminator = make_discriminator()
    inputs = keras.tree.map_structure(
        keras.ops.convert_to_tensor, example_inputs("discriminator")
    )
    seen = {k: np.array(v) for k, v in discriminator.trunk(inputs["image"]).items()}
    outputs = {k: np.array(v) for k, v in discriminator(inputs).items()}
    np.testing.assert_allclose(outputs["image_vector"], seen["image_vector"])
    product = np.einsum("ij,ij->i", outputs["image_vector"], outputs["text_vector"])
    expected = seen["realness"][:, 0] + product / np.sqrt(6)
    np.testing.assert_allclose(outputs["validity"][:, 0], expected, rtol=1e-5)
