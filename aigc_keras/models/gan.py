"""The combined model: text and noise to image and validity, and how it learns."""

import keras
import numpy as np
import tensorflow as tf

from aigc_keras import losses
from aigc_keras.datasets.augmentation import make_augmentation
from aigc_keras.datasets.pipeline import CaptionedDataset
from aigc_keras.datasets.sharding import shared_batch_size
from aigc_keras.fused_adam import make_optimizer
from aigc_keras.models import (
    building,
    language_side,
    objective,
    packaged,
    replicas,
    saving,
)
from aigc_keras.models.companions import Companions
from aigc_keras.models.either_backend import EitherBackend
from aigc_keras.models.moving_average import averaged_copy, move_averages
from aigc_keras.models.part_sizes import check_parts
from aigc_keras.models.randomness import TrainingChance
from aigc_keras.models.rematerialization import rematerialize_both
from aigc_keras.models.requests import PictureRequests
from aigc_keras.models.text_side import (
    TextSideSettings,
    make_caption_table,
    train_text_side,
)


class TextToImageGAN(PictureRequests, TrainingChance, EitherBackend):
    """A text-conditioned GAN as one functional Keras model.

    Inputs are a sentence vector and noise; outputs are the image and its validity.
    `fit` runs `train_step`, one simultaneous update of both networks from one forward
    pass, and keeps an exponential moving average (EMA) of the generator, which is what
    `generate`, `evaluate` and the export use. What a trained model is asked for is in
    `PictureRequests`.

    Args:
        generator: `Generator`.
        discriminator: `Discriminator` of the same image and text size.
        text_encoder: `GPT2TextEncoder` that turns captions into sentence vectors, or
            None for a model that is given vectors.
        judge: `ImageEncoder` trained by `ImageTextModel`, kept frozen, or None.
        caption_bank: float array `(number, text_dim)` of other captions' vectors, the
            judge's negatives. Needed with a judge.
        seed: int. Seeds the training noise.
        truncation: float or None. Default of `generate`.
        train_text_encoder: str. How much of GPT-2 learns with the GAN: `"frozen"`,
            `"projection"`, `"last_blocks"` or `"full"`, see `LanguageSide`.
        captioner: Dict of the sizes of an `ImageCaptioner` that shares GPT-2 and is
            trained along, empty for its defaults; None: none.
        noise_encoder: `NoiseEncoder` that learns along to find noise, or None.
        class_names: Sequence of str, as many as the discriminator's classes, or None.
        **kwargs: Passed to `keras.Model`.

    Raises:
        ValueError: If the parts' sizes differ, a judge comes without a bank, or
            `train_text_encoder` is unknown.
    """

    def __init__(
        self,
        generator,
        discriminator,
        text_encoder=None,
        judge=None,
        caption_bank=None,
        seed=0,
        truncation=None,
        train_text_encoder="frozen",
        captioner=None,
        noise_encoder=None,
        class_names=None,
        **kwargs,
    ):
        language_side.check_trained(train_text_encoder)
        check_parts(
            generator, discriminator, text_encoder, judge, caption_bank, class_names
        )
        image = generator(generator.input)
        validity = discriminator(
            {"image": image, "text_embedding": generator.input["text_embedding"]}
        )["validity"]
        super().__init__(
            inputs=generator.input,
            outputs={"image": image, "validity": validity},
            **kwargs,
        )
        self.companions = Companions()
        self.generator = generator
        self.discriminator = discriminator
        self.ema_generator = averaged_copy(generator)
        self.noise_encoder, self.ema_noise_encoder = noise_encoder, None
        if noise_encoder is not None:
            self.ema_noise_encoder = averaged_copy(noise_encoder)
        self.train_text_encoder = train_text_encoder
        self.captioner_sizes = captioner
        self.class_names = None if class_names is None else list(class_names)
        self.text_encoder = self.judge_text_encoder = self.language_side = None
        if text_encoder is not None:
            self.set_text_encoder(text_encoder)
        self.training_data = None
        self.judge, self.readout = judge, None
        if judge is not None:
            judge.trainable = False
        self.caption_bank = None
        if caption_bank is not None:
            caption_bank = np.asarray(caption_bank, "float32")
            self.caption_bank = self.add_weight(
                shape=caption_bank.shape,
                initializer="zeros",
                dtype="float32",
                trainable=False,
                name="caption_bank",
            )
            self.caption_bank.assign(caption_bank)
        self.seed, self.truncation = seed, truncation
        self._loss_trackers = {
            name: keras.metrics.Mean(name) for name in objective.LOSS_NAMES
        }

    def set_text_encoder(self, text_encoder, judge_text_encoder=None):
        """Give the model its text encoder, and what learns of it.

        Args:
            text_encoder: `GPT2TextEncoder`.
            judge_text_encoder: The `GPT2TextEncoder` that the judge was trained with,
                where that is another one; default: a copy of `text_encoder` where that
                learns, else itself.
        """
        self.text_encoder = text_encoder
        learns = self.train_text_encoder != "frozen"
        if judge_text_encoder is None:
            judge_text_encoder = text_encoder.copy() if learns else text_encoder
        self.judge_text_encoder = judge_text_encoder
        self.language_side = language_side.make_language_side(
            text_encoder,
            self.train_text_encoder,
            self.captioner_sizes,
            self.generator.image_size,
        )
        if self.compiled:
            self.language_optimizer = language_side.make_language_optimizer(
                self.language_side, self.language_optimizer
            )

    @property
    def captioner(self):
        """The `ImageCaptioner` that is trained along, or None."""
        return None if self.language_side is None else self.language_side.captioner

    @property
    def drawing_variables(self):
        """The variables of `optimizer`: the generator's and the noise encoder's."""
        variables = self.generator.trainable_variables
        if self.noise_encoder is not None:
            variables = variables + self.noise_encoder.trainable_variables
        return variables

    @property
    def metrics(self):
        """The running means of the losses."""
        return list(self._loss_trackers.values())

    @classmethod
    def from_preset(
        cls, preset, weights="shipped", text_encoder=None, image_size=None, **kwargs
    ):
        """Load a trained model, or build the fresh networks of a named architecture.

        Args:
            preset: str or path. A name in `presets.PRESETS`, or a folder written by
                `save_to_preset`.
            weights: `"shipped"` for the trained weights that come with the package, or
                None for fresh ones.
            text_encoder: `GPT2TextEncoder` for fresh weights, or None: then `fit` on a
                `CaptionedDataset` first trains one on its captions.
            image_size: int. Overrides the preset's, for fresh weights.
            **kwargs: Passed to the constructor; with `class_names`, such as a
                `CaptionedDataset.classes`, fresh networks learn to tell them apart.

        Raises:
            ValueError: If there is no such preset, it has no shipped weights, or a file
                is damaged.
        """
        return building.build(cls, preset, weights, text_encoder, image_size, **kwargs)

    def save_to_preset(self, folder, **parts):
        """Write the averaged generator and all else that draws and judges, for sharing.

        Float16 weights, configurations, tokenizer and checksums; no training state. The
        folder appears whole or not at all, and `from_preset` reads it.

        Args:
            folder: Path.
            **parts: What goes along, by its name in `companions.PARTS`, such as
                `captioner`.

        Raises:
            ValueError: If the model has no text encoder, or a name is unknown.
        """
        packaged.save_packaged(self, folder, **parts)

    def adapt(self, dataset, settings=None, cache_dir=None, stages_dir=None):
        """Train the text encoder and the judge on a data set's images and captions.

        Args:
            dataset: `CaptionedDataset` of the model's image size.
            settings: `TextSideSettings`.
            cache_dir: Path where encoded captions are kept, or None.
            stages_dir: Path where the last finished stage is kept, so that a later call
                goes on from it; or None.

        Raises:
            ValueError: If the model has no judge, or Keras's backend is not TensorFlow.
        """
        settings = settings or TextSideSettings(seed=self.seed)
        encoder, bank, self.readout = train_text_side(
            self.judge, dataset, settings, cache_dir, stages_dir
        )
        self.set_text_encoder(encoder)
        self.caption_bank.assign(bank)

    def fit(
        self,
        x=None,
        *,
        epochs=1,
        steps_per_epoch=None,
        cache_dir=None,
        augmentation=(),
        **kwargs,
    ):
        """Train the GAN.

        Args:
            x: `CaptionedDataset`, or a `tf.data.Dataset` of batches as `train_step`
                takes them. On the former a model without a text encoder first runs
                `adapt`, and training goes on at the batch where the optimizer stands.
                Labels count where its classes are the model's own.
            epochs: int. Default 1.
            steps_per_epoch: int. Default for a `CaptionedDataset`: each image once.
            cache_dir: Path where encoded captions are kept, or None.
            augmentation: Sequence of names in `datasets.AUGMENTATIONS`, for a
                `CaptionedDataset`.
            **kwargs: Passed to `keras.Model.fit`.

        Returns:
            `keras.callbacks.History`.

        Raises:
            DatasetError: If an augmentation is unknown or would make captions untrue.
        """
        if isinstance(x, CaptionedDataset):
            augment = make_augmentation(augmentation, x)
            if self.text_encoder is None:
                self.adapt(x, cache_dir=cache_dir)
            table = make_caption_table(
                self.judge_text_encoder, x, cache_dir, self.language_side is not None
            )
            strategy = replicas.strategy_of(self)
            size = shared_batch_size(
                x.batch_size, x.num_images, strategy.num_replicas_in_sync
            )
            steps_per_epoch = steps_per_epoch or x.num_images // size
            self.training_data = x
            done = int(self.optimizer.iterations.numpy())
            labelled = x.with_classes(self.class_names)
            start = (table, size, self.seed, done, augment)
            x = replicas.distribute(
                lambda *share: labelled.training_batches(*start, share), strategy
            )
        return super().fit(x, epochs=epochs, steps_per_epoch=steps_per_epoch, **kwargs)

    def save(self, folder):
        """Write configuration, text encoder and all weights to a folder.

        The folder appears whole or not at all. `load` reads it.
        """
        saving.save_model(self, folder)

    @classmethod
    def load(cls, folder, weights=None):
        """Read a model from a folder written by `save`.

        Args:
            folder: Path.
            weights: Path of other weights of the same model, such as a checkpoint's.

        Raises:
            ValueError: If the folder holds no model.
        """
        return saving.load_model(cls, folder, weights)

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="non_saturating",
        loss_weights=None,
        penalty=None,
        diff_augment=None,
        ema_half_life=4000,
        text_noise=0.0,
        language_optimizer=None,
        rematerialize=False,
        **kwargs,
    ):
        """Set the optimizers and the losses.

        Args:
            generator_optimizer: Keras optimizer; default `make_optimizer()`.
            discriminator_optimizer: Keras optimizer; default `make_optimizer()`.
            loss: Name in `losses.ADVERSARIAL_LOSSES`, or an `AdversarialLoss`.
            loss_weights: `LossWeights`.
            penalty: Object called as `penalty(score, gradient, image, text)`, such as
                `losses.R1Penalty`, or None.
            diff_augment: `layers.DiffAugment` that real and generated images go
                through before the discriminator, or None. For small data sets.
            ema_half_life: float. Images after which a weight's share in the moving
                average has halved.
            text_noise: float. Deviation of the noise on the vectors that are drawn in
                training; see `Recipe`.
            language_optimizer: Keras optimizer of what learns of GPT-2 and of the
                captioner; default Adam with a rate of 1e-4.
            rematerialize: bool. Whether both networks learn as `Rematerialized`.
            **kwargs: Passed to `keras.Model.compile`.

        Raises:
            ValueError: If `loss` is unknown.
        """
        super().compile(
            optimizer=generator_optimizer or make_optimizer(), loss=None, **kwargs
        )
        self.discriminator_optimizer = discriminator_optimizer or make_optimizer()
        self.adversarial_loss = losses.get_adversarial_loss(loss)
        self.loss_weights = loss_weights or objective.LossWeights()
        self.penalty = penalty
        self.diff_augment = diff_augment
        self.ema_half_life, self.text_noise = ema_half_life, text_noise
        self.trained = rematerialize_both(self) if rematerialize else ()
        # Built now: an optimizer first built inside `fit` restarts at 0 on a resume.
        self.optimizer.build(self.drawing_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.language_optimizer = language_side.make_language_optimizer(
            self.language_side, language_optimizer
        )

    def train_step(self, data):
        """Update both networks once, and the moving average.

        Args:
            data: Dict of `image` `(batch, size, size, 3)` float32 in [-1, 1],
                `text_embedding` `(batch, text_dim)`, and, for a judge or where GPT-2
                learns, `token_ids` and `padding_mask` `(batch, length)`, for a
                captioner, `language` `(batch,)`, and, for classes, `label` `(batch,)`.

        Returns:
            Dict of the losses' running means.
        """
        data = keras.utils.unpack_x_y_sample_weight(data)[0]
        with tf.GradientTape() as language_tape:
            data, spoken = language_side.read_batch(self, data)
        with tf.GradientTape() as generator_tape:
            generator_tape.watch(data["text_embedding"])
            inputs, divergence = objective.generator_inputs(self, data, training=True)
            fake = objective.draw(self, inputs)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([fake, data["text_embedding"]])
            terms, logits = objective.loss_terms(self, data, fake, True, divergence)
        learned = self.discriminator.trainable_variables
        discriminator_gradients, by_fake = tape.gradient(
            terms["discriminator_loss"],
            [[variable.value for variable in learned], fake],
            # The classes' head, in a batch without labels.
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        by_fake = objective.generator_slope(tape, self, terms, logits, fake, by_fake)
        drawing_gradients, by_text = generator_tape.gradient(
            [fake, divergence],
            [self.drawing_variables, data["text_embedding"]],
            output_gradients=[by_fake, tf.constant(self.loss_weights.divergence)],
        )
        if self.language_side is not None:
            by_text += objective.matching_slope(tape, self, terms, data)
            language_side.update(self, language_tape, data, spoken, by_text)
        del tape
        for update in (
            (self.optimizer, drawing_gradients, self.drawing_variables),
            (self.discriminator_optimizer, discriminator_gradients, learned),
        ):
            replicas.apply_gradients(*update)
        move_averages(self, tf.shape(data["image"])[0] * replicas.num_replicas())
        return self._track(terms | spoken)

    def test_step(self, data):
        """Return the losses of a batch with the averaged generator; changes nothing."""
        data = keras.utils.unpack_x_y_sample_weight(data)[0]
        data, spoken = language_side.read_batch(self, data)
        inputs, divergence = objective.generator_inputs(self, data)
        fake = self.ema_generator(inputs)
        terms, _ = objective.loss_terms(self, data, fake, False, divergence)
        return self._track(terms | spoken)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # It is built. Keras would average a batch over the replicas, masks and all.
        pass

    def _track(self, terms):
        for name, value in terms.items():
            self._loss_trackers[name].update_state(value)
        means = {name: self._loss_trackers[name].result() for name in sorted(terms)}
        return {name: replicas.loggable(x) for name, x in means.items()}
