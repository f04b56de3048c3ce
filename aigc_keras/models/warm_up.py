"""The generator before the GAN: it learns the picture to expect of a caption."""

import keras
import numpy as np
from keras import ops

from aigc_keras.models.prior import PICTURE_SIZE, seen_from_afar
from aigc_keras.models.stage import stage_steps, train_stage
from aigc_keras.models.text_side import make_caption_table

LEARNING_RATE = 1e-3


class ExpectedPictureModel(keras.Model):
    """Trains a generator towards the mean of the pictures of a caption.

    `fit` on dicts of `image` and `text_embedding` minimises the mean squared error of
    both, averaged down to `picture_size`, see `prior.seen_from_afar`.

    Args:
        generator: `Generator`.
        seed: int. Seeds its noise, which it learns to do without.
        picture_size: int. Pixels a side that are compared.
        text_noise: float. As in `TextToImageGAN.compile`.
        **kwargs: Passed to `keras.Model`.
    """

    def __init__(
        self,
        generator,
        seed=0,
        picture_size=PICTURE_SIZE,
        text_noise=0.0,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.generator, self.picture_size = generator, picture_size
        self.text_noise = text_noise
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        """Draw a batch's captions."""
        text, chance = inputs["text_embedding"], {"seed": self.seed_generator}
        number = ops.shape(text)[0]
        noise = keras.random.normal((number, self.generator.noise_dim), **chance)
        if training and self.text_noise:
            text += self.text_noise * keras.random.normal(ops.shape(text), **chance)
        drawn = {"text_embedding": text, "noise": noise}
        return self.generator(drawn, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the loss of a batch."""
        del y, sample_weight, kwargs
        drawn, wanted = (
            seen_from_afar(images, self.picture_size) for images in (y_pred, x["image"])
        )
        return ops.mean(ops.square(drawn - wanted))


def warm_up(gan, dataset, steps, cache_dir=None, **how):
    """Let a generator learn what picture to expect of a caption, in place.

    A GAN's generator soon draws two things of the right colours, one of them above, as
    surely as if it knew which. From there it does not learn the order of the colours
    any more: halfway between both orders lies a mixture that no discriminator takes. A
    mean picture shows the mixture, and the more of the order the more it knows of it.

    Args:
        gan: `TextToImageGAN` with a text encoder; its generator and the moving average
            of that learn.
        dataset: `CaptionedDataset` of the model's image size.
        steps: int. Batches of the data set's batch size at most; a small data set takes
            thirty passes over its captions.
        cache_dir: Path where encoded captions are kept, or None.
        **how: `picture_size` and `text_noise` of `ExpectedPictureModel`.
    """
    table = make_caption_table(gan.text_encoder, dataset, cache_dir)
    batches = _batches(dataset, table, gan.seed)
    steps = stage_steps(steps, dataset, dataset.batch_size)
    model = ExpectedPictureModel(gan.generator, gan.seed, **how)
    train_stage(model, batches, steps, LEARNING_RATE, "Pictures are expected")
    gan.ema_generator.set_weights(gan.generator.get_weights())


def _batches(dataset, table, seed):
    rng = np.random.default_rng(seed)
    owners = dataset.owners
    while True:
        rows = rng.integers(0, len(owners), dataset.batch_size)
        yield {
            "image": dataset.model_images(owners[rows]),
            "text_embedding": table.text_embedding[rows].astype("float32"),
        }
