"""The pattern of Keras's own GAN examples; a worker of `training_throughput.py`.

As in keras.io's "Conditional GAN" and "DCGAN to generate face images": float32, GPT-2
reads the captions inside the step, the discriminator and the generator each learn from
images drawn anew, a pass for each kind of pair.
"""

import time

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
from keras import ops

from aigc_keras import losses
from aigc_keras.fused_adam import make_optimizer
from aigc_keras.models import Discriminator, Generator
from aigc_keras.models.image_encoder import ImageEncoder

NOISE_DIM = 64


class ExampleGAN(keras.Model):
    """A GAN whose `train_step` is written as in the examples."""

    def __init__(self, generator, discriminator, judge, backbone, bank):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.judge, self.backbone = judge, backbone
        self.judge.trainable = self.backbone.trainable = False
        self.bank = tf.constant(bank)
        self.to_text = keras.layers.Dense(generator.text_dim, trainable=False)
        self.generator_optimizer = make_optimizer(1e-3)
        self.discriminator_optimizer = make_optimizer(1e-3)
        self.average = [tf.Variable(w, trainable=False) for w in generator.weights]

    def read(self, data):
        """Return the sentence vectors: GPT-2 in the step, as nothing is cached."""
        inputs = {name: data[name] for name in ("token_ids", "padding_mask")}
        return self.to_text(ops.mean(self.backbone(inputs), axis=1))

    def judge_image(self, image, text):
        """Return validity and vectors of a pair."""
        inputs = {"image": image, "text_embedding": text}
        return self.discriminator(inputs, training=True)

    def train_step(self, data):
        """Update the discriminator, then the generator."""
        image, text = data["image"], self.read(data)
        noise = tf.random.normal((tf.shape(image)[0], NOISE_DIM))
        fake = self.generator({"text_embedding": text, "noise": noise})
        with tf.GradientTape() as tape:
            real = self.judge_image(image, text)
            wrong = self.judge_image(image, ops.roll(text, 1, axis=0))["validity"]
            drawn = self.judge_image(fake, text)["validity"]
            loss = ops.mean(ops.softplus(-real["validity"]))
            loss += ops.mean(ops.softplus(drawn) + ops.softplus(wrong)) / 2
            loss += 0.3 * losses.contrastive_loss(
                real["image_vector"], real["text_vector"]
            )
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)

        noise = tf.random.normal((tf.shape(image)[0], NOISE_DIM))
        with tf.GradientTape() as tape:
            fake = self.generator({"text_embedding": text, "noise": noise})
            drawn = self.judge_image(fake, text)["validity"]
            verdict = self.judge(fake)
            loss = ops.mean(ops.softplus(-drawn))
            loss += 0.3 * losses.bank_contrastive_loss(
                verdict["image_vector"], text, self.bank
            )
            loss += 0.02 * losses.token_prediction_loss(
                verdict["token_logits"], data["token_ids"], data["padding_mask"]
            )
        variables = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(loss, variables), variables)
        for average, weight in zip(self.average, self.generator.weights, strict=True):
            average.assign(0.99 * average + 0.01 * weight)
        return {"loss": loss}


class Trainer:
    """The example's model on a plain `tf.data` pipeline."""

    def __init__(self, settings, arrays):
        keras.config.set_dtype_policy("float32")
        keras.utils.set_random_seed(0)
        size, dim = settings["image_size"], settings["text_dim"]
        base = settings["base_channels"]
        self.batch = settings["batch_size"]
        backbone = keras_nlp.models.GPT2Backbone(
            vocabulary_size=settings["vocabulary"],
            num_layers=2,
            num_heads=4,
            hidden_dim=128,
            intermediate_dim=512,
            max_sequence_length=64,
        )
        self.gan = ExampleGAN(
            Generator(size, dim, base_channels=base),
            Discriminator(size, dim, base_channels=base),
            ImageEncoder(size, dim, settings["vocabulary"]),
            backbone,
            arrays["bank"],
        )
        self.gan.compile(jit_compile=False)
        rows = tf.data.Dataset.from_tensor_slices(
            {
                "image": arrays["images"],
                "token_ids": arrays["tokens"],
                "padding_mask": np.ones(arrays["tokens"].shape, bool),
            }
        )
        self.batches = (
            rows.repeat()
            .shuffle(1024)
            .batch(self.batch, drop_remainder=True)
            .map(_scale, num_parallel_calls=tf.data.AUTOTUNE)
            .prefetch(tf.data.AUTOTUNE)
        )

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
            self.batches, steps_per_epoch=steps + 3, verbose=0, callbacks=[clock]
        )
        return times[-1] - times[2]


def _scale(batch):
    image = tf.cast(batch["image"], tf.float32) / 127.5 - 1
    return {**batch, "image": image}
