"""How the repairer learns: images are damaged and must come back."""

import keras
from keras import ops

from aigc_keras import losses
from aigc_keras.layers import Damage
from aigc_keras.layers.damage import NUM_CHANCES


class RepairModel(keras.Model):
    """Trains a repairer on images that are damaged at each step anew.

    `fit` on dicts of `image` and `text_embedding` minimises `losses.repair_loss`. The
    judge's matching term was tried beside it: the same processor time without it
    brought as much (`shapes`, 600 steps, a weight of 0.01).

    Args:
        repairer: `ImageRepairer`. Trained in place.
        silence: float. Share of the images whose caption is kept back, so that an image
            can be repaired without one. Default 0.1.
        seed: int. Seeds the damage and the noise.
        damage: `Damage`, default as it comes.
        **kwargs: Passed to `keras.Model`.
    """

    def __init__(self, repairer, silence=0.1, seed=0, damage=None, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.repairer = repairer
        self.silence = silence
        self.damage = damage or Damage()
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        """Damage a batch's images and repair them.

        Returns:
            Dict of `image`, the images as the repairer made them, and `damaged`, see
            `Damage`.
        """
        image, text = inputs["image"], inputs["text_embedding"]
        batch, seed = ops.shape(image)[0], self.seed_generator
        chances = keras.random.uniform((batch, NUM_CHANCES), seed=seed)
        damage = self.damage(
            image, chances, keras.random.normal(ops.shape(image), seed=seed)
        )
        heard = keras.random.uniform((batch, 1), seed=seed) >= self.silence
        noise = keras.random.normal((batch, self.repairer.noise_dim), seed=seed)
        repaired = self.repairer(
            {
                "image": damage["image"],
                "mask": damage["mask"],
                "text_embedding": text * ops.cast(heard, text.dtype),
                "noise": noise,
            },
            training=training,
        )
        return {"image": repaired, "damaged": damage["damaged"]}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the loss of a batch."""
        del y, sample_weight, kwargs
        return losses.repair_loss(y_pred["image"], x["image"], y_pred["damaged"])
