"""The package's own `fit`; a worker of `training_throughput.py`."""

import time

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework import ops

from aigc_keras.datasets import CaptionedDataset, CaptionTable
from aigc_keras.models import Discriminator, Generator, TextToImageGAN
from aigc_keras.models.image_encoder import ImageEncoder
from aigc_keras.training import share_threads

PRODUCTS = (
    "MatMul",
    "Conv2D",
    "Conv2DBackpropInput",
    "Conv2DBackpropFilter",
)
# Steps of a call of `fit` that fill the pipeline and are not timed.
FIRST_STEPS = 5


class Trainer:
    """A compiled `TextToImageGAN` on a `CaptionedDataset` of given arrays."""

    def __init__(self, settings, arrays):
        share_threads()
        keras.config.set_dtype_policy("mixed_bfloat16")
        keras.utils.set_random_seed(0)
        size, dim = settings["image_size"], settings["text_dim"]
        base = settings["base_channels"]
        self.batch = settings["batch_size"]
        self.gan = TextToImageGAN(
            Generator(size, dim, base_channels=base),
            Discriminator(size, dim, base_channels=base),
            judge=ImageEncoder(size, dim, settings["vocabulary"]),
            caption_bank=arrays["bank"],
        )
        self.gan.compile(jit_compile=False)
        number = len(arrays["images"])
        data = CaptionedDataset(
            "benchmark", "train", arrays["images"], [["."]] * number, self.batch
        )
        mask = np.ones(arrays["tokens"].shape, bool)
        table = CaptionTable(arrays["tokens"], mask, arrays["text"])
        self.batches = data.training_batches(table)

    def parameters(self):
        """Return how many weights the two trained networks have."""
        both = (self.gan.generator, self.gan.discriminator)
        return sum(network.count_params() for network in both)

    def train(self, steps):
        """Run steps by `fit`; return the seconds they took once under way."""
        times = []
        clock = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: times.append(time.perf_counter())
        )
        self.gan.fit(
            self.batches,
            steps_per_epoch=FIRST_STEPS + steps,
            verbose=0,
            callbacks=[clock],
        )
        return times[-1] - times[FIRST_STEPS - 1]


def flops_per_image(trainer):
    """Count the floating-point operations of a step's products, per image.

    TensorFlow's own counts of the matrix products, the convolutions and their
    gradients, each multiplication and addition one: what a matrix product's rate can be
    compared with. Element-wise work is left out, and so are the batched products of the
    fused modulation's way back, of which only the diagonal is wanted.
    """
    spec = {
        name: tf.TensorSpec((trainer.batch, *value.shape[1:]), value.dtype)
        for name, value in trainer.batches.element_spec.items()
    }
    graph = tf.function(trainer.gan.train_step).get_concrete_function(spec).graph
    # What is never run does not count: only what results and updates hang on.
    wanted = [tensor.op.name for tensor in graph.outputs]
    wanted += [operation.name for operation in graph.control_outputs]
    run = tf.compat.v1.graph_util.extract_sub_graph(graph.as_graph_def(), wanted)
    total = sum(
        ops.get_stats_for_node_def(graph, node, "flops").value
        for node in run.node
        if node.op in PRODUCTS
    )
    return total / trainer.batch


def gemm_rate(size=4096, rounds=5):
    """Return the machine's rate of bfloat16 matrix products, FLOP a second."""
    left = tf.cast(tf.random.normal((size, size)), tf.bfloat16)

    @tf.function
    def product():
        return tf.reduce_sum(tf.cast(tf.matmul(left, left)[:1], tf.float32))

    product().numpy()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        product().numpy()
        times.append(time.perf_counter() - started)
    return 2 * size**3 / min(times)
