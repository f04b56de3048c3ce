"""Rematerialised networks: the same figures, and fewer maps kept for the way back."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from aigc_keras.models import Generator, TextToImageGAN
from aigc_keras.models.rematerialization import Rematerialized

# What a map's own slope, or that of a weight it meets, is computed from.
WAY_BACK = {"ReluGrad", "Conv2DBackpropFilter"}


@pytest.mark.parametrize(
    "settings",
    [
        {"condition_layers": 0},
        {"condition_layers": 2},
        {"place_channels": 3, "first_blocks": 1},
    ],
    ids=["plain", "condition", "places"],
)
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_images_and_slopes_are_those_of_the_network(settings, dtype):
    keras.utils.set_random_seed(0)
    generator = Generator(32, 8, 4, 2, 8, blocks=2, dtype=dtype, **settings)
    rng = np.random.default_rng(0)
    if dtype == "float32":
        # Of fresh weights nothing is told to any place. In bfloat16 the order in which
        # the blocks' slopes of the condition are added would show.
        shapes = [weight.shape for weight in generator.weights]
        generator.set_weights([rng.normal(0, 0.1, shape) for shape in shapes])
    given = {
        name: tf.constant(rng.normal(size=(3, width)), tf.float32)
        for name, width in (("text_embedding", 8), ("noise", 4))
    }
    weights = [variable.value for variable in generator.trainable_variables]

    def look(network):
        with tf.GradientTape() as tape:
            tape.watch(given)
            image = network(given, training=True)
            loss = tf.reduce_sum(image**2)
        return tf.nest.flatten([image, tape.gradient(loss, [weights, given])])

    plain = tf.function(look)(generator)
    recomputed = tf.function(look)(Rematerialized(generator))
    assert len(plain) == len(weights) + 3
    for one, other in zip(plain, recomputed, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def steps_of(make_gan, batch, tmp_path=None, **settings):
    gan = make_gan(judge=True, noise_encoder=True)
    gan.compile(jit_compile=False, **settings)
    for _ in range(2):
        logs = gan.train_on_batch(batch, return_dict=True)
    if tmp_path is not None:
        gan.save(tmp_path / "model")
    return gan, logs


def test_a_model_learns_the_same(make_gan, make_batch, tmp_path):
    gan, plain = steps_of(make_gan, make_batch())
    assert not gan.trained
    other, logs = steps_of(make_gan, make_batch(), tmp_path, rematerialize=True)
    assert len(other.trained) == 2 and logs == pytest.approx(plain, rel=1e-4)
    for one, another in zip(gan.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, another, atol=1e-5)
    # Saved as ever, with the same weights; and it goes on alike.
    loaded = TextToImageGAN.load(tmp_path / "model")
    assert len(loaded.trained) == 2
    assert len(loaded.weights) == len(gan.weights)


# Of the generator of `make_gan`: two a stage, and the last.
NUM_MODULATIONS = 5


def waits_of(nodes):
    """Return the names of what each node waits for, by its own."""
    return {
        node.name: {name.removeprefix("^").split(":")[0] for name in node.input}
        for node in nodes
    }


def maps_of(nodes):
    """Return the names of the nodes whose outputs are activated maps.

    By name, not by operation: TensorFlow joins some with the product before them, on
    one processor others than on another.
    """
    return {node.name for node in nodes if node.name.endswith("/Relu")}


def behind(names, waits):
    """Return the names, and those of all that waits for them, however far behind."""
    found, more = set(), set(names)
    while more:
        found |= more
        more = {name for name, inputs in waits.items() if inputs & more} - found
    return found


@pytest.mark.parametrize("rematerialize", [False, True])
def test_few_maps_are_kept(rematerialize, make_gan, make_batch, nodes_of_a_step):
    gan = make_gan()
    gan.compile(rematerialize=rematerialize, jit_compile=False)
    nodes = nodes_of_a_step(gan, make_batch())
    waits = waits_of(nodes)
    back = {node.name for node in nodes if node.op in WAY_BACK}
    # What waits for a slope is computed again, on the way back.
    first = maps_of(nodes) - behind(back, waits)
    kept = first & set().union(*(waits[name] for name in back))
    # None but those of the block that the ways back begin with, of real images and of
    # drawn ones.
    blocks = {re.sub(r"_\d+/.*", "", name) for name in kept}
    assert len(blocks) == 1 if rematerialize else len(kept) >= 8
    modulated = {name for name in kept if "_modulation" in name}
    assert len(modulated) == (0 if rematerialize else NUM_MODULATIONS)


def test_a_blocks_maps_are_gone_before_the_next_ones_come(
    make_gan, make_batch, nodes_of_a_step
):
    """Weights' slopes were once left for the end, and all maps were there for them."""
    gan = make_gan()
    gan.compile(rematerialize=True, jit_compile=False)
    nodes = nodes_of_a_step(gan, make_batch())
    waits = waits_of(nodes)
    slopes = {node.name for node in nodes if node.op == "Conv2DBackpropFilter"}
    relus = maps_of(nodes)
    waiting = [bool(relus & behind({slope}, waits)) for slope in slopes]
    # Behind the first two convolutions of what sees real images no map comes any more.
    assert len(waiting) >= 7 and sum(waiting) >= len(waiting) - 2


def test_a_network_without_blocks_is_refused():
    inputs = keras.Input((3,))
    network = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="flat")
    with pytest.raises(ValueError, match="Received: flat"):
        Rematerialized(network)
