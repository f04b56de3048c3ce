"""Networks that keep few maps for the way back, and compute the others again."""

import re

import keras
import tensorflow as tf

from aigc_keras.layers import FeatureModulation

# Layers of `Generator` and of the discriminator's trunk between whose outputs nothing
# else leads on but the condition.
JOINTS = re.compile(r"stem|double_\d+_spread|refine_\d+_\d+_sum|halve_\d+_dense")


class Rematerialized:
    """Runs a functional network block by block, each rematerialised.

    What it returns and its gradients are those of the network, whose weights it uses.
    Of a block's maps only the last is kept between the way there and the way back, on
    which the block is run once more. Slopes of slopes, as a penalty has them, need
    the network itself.

    Reference: Chen et al., 2016, "Training deep nets with sublinear memory cost"
    (sec. 4.1); `keras.remat`.

    Args:
        network: `Generator`, or the trunk of a `Discriminator`.

    Raises:
        ValueError: If the network has none of the layers that end a block.

    Example:
    >>> import numpy as np
    >>> from aigc_keras.models import Generator
    >>> from aigc_keras.models.rematerialization import Rematerialized
    >>> generator = Generator(32, text_dim=8, noise_dim=4, base_channels=2)
    >>> inputs = {"text_embedding": np.ones((2, 8)), "noise": np.ones((2, 4))}
    >>> Rematerialized(generator)(inputs, training=True).shape
    TensorShape([2, 32, 32, 3])
    """

    def __init__(self, network):
        joints = [one.output for one in network.layers if JOINTS.fullmatch(one.name)]
        if not joints:
            raise ValueError(
                "A network is rematerialised between its blocks. Received: "
                f"{network.name}, in which no layer ends one"
            )
        # What every block of a generator sees, the last of them all of it; none of a
        # trunk's sees anything.
        carried = [
            layer.input[1:]
            for layer in network.layers
            if isinstance(layer, FeatureModulation)
        ]
        carried = carried[-1] if carried else []
        if len(carried) > 1:
            # The places come out of a small map: what leads there is kept.
            source = network.get_layer("places_activation").input
            joints = joints[[one is source for one in joints].index(True) :]
        self.network = network
        # A dict: of a list of one the one alone would come.
        first = {"map": joints[0], "condition": carried}
        self._first = keras.Model(network.input, first)
        ends = [*joints[1:], network.output]
        self._blocks = [
            keras.Model([start, *carried], end)
            for start, end in zip(joints, ends, strict=True)
        ]

    def __call__(self, inputs, training=False):
        """Return what the network returns for inputs."""
        found = _run(self._first, training)(inputs)
        x = found["map"]
        for block in self._blocks:
            x = _run(block, training)([x, *found["condition"]])
        return x


def rematerialize_both(gan):
    """Return the `Rematerialized` generator and trunk of a `TextToImageGAN`."""
    return Rematerialized(gan.generator), Rematerialized(gan.discriminator.trunk)


def _run(block, training):
    def call(given):
        return block(given, training=training)

    if keras.backend.backend() != "tensorflow":
        return keras.remat(call)
    return _recomputed(call)


def _recomputed(call):
    """Return a function whose gradient runs it again.

    Not `tf.recompute_grad`, which is `keras.remat` on TensorFlow: there the slopes of
    weights, which nobody waits for, come last of all, so that the maps they need, once
    computed again, are all there at the same time, and nothing is gained.
    """

    def run(given):
        @tf.custom_gradient
        def first(*flat):
            ends = call(tf.nest.pack_sequence_as(given, flat))
            structure.append(ends)

            def back(*slopes, variables=()):
                with tf.control_dependencies(slopes):
                    again = [tf.identity(x) for x in flat]
                with tf.GradientTape() as tape:
                    tape.watch(again)
                    ends = call(tf.nest.pack_sequence_as(given, again))
                before, by_weights = tape.gradient(
                    tf.nest.flatten(ends),
                    [again, list(variables)],
                    list(slopes),
                    tf.UnconnectedGradients.ZERO,
                )
                # The block before waits for the weights' slopes.
                with tf.control_dependencies(by_weights):
                    before = [tf.identity(slope) for slope in before]
                return before, by_weights

            return tf.nest.flatten(ends), back

        structure = []
        ends = first(*tf.nest.flatten(given))
        return tf.nest.pack_sequence_as(structure[0], ends)

    return run
