"""A step on two replicas against the same step on one."""

import subprocess
import sys

import pytest

# A process of its own: virtual devices must be made before TensorFlow computes.
SCRIPT = r"""
import sys
import keras, numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, sys.argv[1])
from aigc_keras import losses
from aigc_keras.datasets.pipeline import CaptionedDataset, CaptionTable
from aigc_keras.layers import DiffAugment
from aigc_keras.models import (
    Discriminator, Generator, ImageEncoder, LossWeights, NoiseEncoder, TextToImageGAN)

rng = np.random.default_rng(0)
images = rng.integers(0, 255, (20, 32, 32, 3), "uint8")
data = CaptionedDataset("some", "train", images, [["a"]] * 20, 8)
table = CaptionTable(
    rng.integers(0, 12, (20, 5)).astype("int32"), np.ones((20, 5), bool),
    rng.normal(size=(20, 8)).astype("float32"))


def make():
    keras.utils.set_random_seed(0)
    gan = TextToImageGAN(
        Generator(32, 8, 4, base_channels=2, condition_dim=8),
        Discriminator(32, 8, base_channels=2, matching_dim=6),
        None,
        ImageEncoder(32, 8, 12, 2),
        np.random.default_rng(9).normal(size=(10, 8)),
        noise_encoder=NoiseEncoder(32, 8, 4, base_channels=2, hidden_dim=8))
    gan.compile(
        # Plain descent in the limit: epsilon hides no difference of the slopes.
        losses_optimizer(), losses_optimizer(),
        loss=sys.argv[2], loss_weights=LossWeights(diversity=0.5),
        penalty=losses.R1Penalty(), diff_augment=DiffAugment(("color", "translation")),
        text_noise=0.1, jit_compile=False,
        # The same slopes, found another way.
        rematerialize=tf.distribute.has_strategy() and sys.argv[2] == "relativistic")
    return gan


def losses_optimizer():
    from aigc_keras.fused_adam import FusedAdam
    return FusedAdam(1e-3, beta_1=0.5, beta_2=0.9, epsilon=1.0, clipnorm=0.5)


def batches(gan):
    from aigc_keras.models import replicas
    return replicas.distribute(
        lambda *share: data.training_batches(table, 8, 3, 0, None, share),
        gan.distribute_strategy)


def fit(gan, steps):
    return gan.fit(batches(gan), steps_per_epoch=steps, verbose=0).history


def measure(gan):
    # What `evaluate` says, and the metrics of what is drawn.
    from aigc_keras.metrics import PSNR, FeatureStatistics, frechet_distance
    from aigc_keras.models.prediction import predict_in_batches
    logs = gan.evaluate(batches(gan), steps=2, return_dict=True, verbose=0)
    drawn = gan.draw(table.text_embedding, gan.draw_noise(0, 20))
    psnr = PSNR()
    psnr.update_state(drawn, images)
    sides = []
    for pixels in (drawn, images):
        seen = predict_in_batches(gan.judge, pixels.astype("float32") / 127.5 - 1, 7)
        sides.append(FeatureStatistics(8))
        sides[-1].update(seen["image_vector"])
    return {**logs, "psnr": psnr.result(), "frechet": frechet_distance(*sides)}


one = make()
before = [w.numpy().copy() for w in one.weights]
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    two = make()
for first, second in zip(one.weights, two.weights, strict=True):
    np.testing.assert_array_equal(first.numpy(), second.numpy())
logs = fit(one, 1), fit(two, 1)
for name in logs[0]:
    np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-4, err_msg=name)
moved = 0
for first, second, start in zip(one.weights, two.weights, before, strict=True):
    np.testing.assert_allclose(
        first.numpy(), second.numpy(), atol=1e-5, err_msg=first.path)
    moved = max(moved, np.abs(first.numpy() - start).max())
assert moved > 1e-4
measured = measure(one), measure(two)
assert {"generator_loss", "discriminator_loss", "psnr"} <= set(measured[0])
for name in measured[0]:
    np.testing.assert_allclose(
        measured[0][name], measured[1][name], rtol=1e-4, err_msg=name)
fit(two, 49)
everything = [
    *two.weights, *two.optimizer.variables, *two.discriminator_optimizer.variables]
for weight in everything:
    copies = strategy.experimental_local_results(weight.value)
    assert len(copies) == 2
    np.testing.assert_array_equal(copies[0].numpy(), copies[1].numpy(), weight.path)
assert int(two.optimizer.iterations.numpy()) == 50

from aigc_keras.models.randomness import training_noise
noise = strategy.experimental_local_results(
    strategy.run(lambda: training_noise(3, 7, 4, 5)))
whole = training_noise(3, 7, 8, 5).numpy()
np.testing.assert_array_equal(noise[0], whole[[0, 1, 4, 5]])
np.testing.assert_array_equal(noise[1], whole[[2, 3, 6, 7]])
assert np.abs(noise[0] - noise[1]).min() > 0
"""


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["hinge", "relativistic"])
def test_a_step_on_two_replicas_is_the_step_on_one(loss, tmp_path):
    """All terms, the clipped slopes, the averages and the logs; then 49 steps more."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), loss],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
