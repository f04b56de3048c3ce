"""How a noise encoder learns after the GAN: its noise must draw the pictures again."""

import keras
from keras import ops

from aigc_keras import losses
from aigc_keras.models.noise_encoder import sample_noise


class NoiseEncoderModel(keras.Model):
    """Trains a noise encoder with a generator that stays as it is.

    `fit` on dicts of `image` and `text_embedding` minimises, for noise found in the
    images, how far the drawings are from them and the noise from standard normal; and,
    for drawings of the same captions with noise that is known, how far what is found is
    from it.

    Reference: Zhu et al., 2017, "BicycleGAN" (eq. 4 to 8). Deviations: the generator is
    trained before, and the known noise is found by its likelihood.

    Args:
        encoder: `NoiseEncoder`. Trained in place.
        generator: `Generator`, not trainable.
        reconstruction: float. Weight of the difference of the drawings.
        divergence: float. Weight of the noise's distance from standard normal.
        recovery: float. Weight of the known noise's negative log likelihood, in nats a
            dimension.
        seed: int. Seeds the noise.
        **kwargs: Passed to `keras.Model`.
    """

    def __init__(
        self,
        encoder,
        generator,
        reconstruction=20.0,
        divergence=0.001,
        recovery=0.5,
        seed=0,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.encoder, self.generator = encoder, generator
        self.reconstruction, self.divergence = reconstruction, divergence
        self.recovery = recovery
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        """Find the noise of a batch's images, and of drawings of its captions.

        Returns:
            Dict of `image`, the images drawn again, `found`, see `NoiseEncoder`, and
            for the drawings `known` `(batch, noise_dim)`, their noise, and
            `recovered`, what was found of it.
        """
        del training
        image, text = inputs["image"], inputs["text_embedding"]
        shape = (ops.shape(image)[0], self.generator.noise_dim)
        standard = keras.random.normal(shape, seed=self.seed_generator)
        known = keras.random.normal(shape, seed=self.seed_generator)
        drawn = self.generator({"text_embedding": text, "noise": known})
        both = {
            "image": ops.concatenate([image, ops.stop_gradient(drawn)]),
            "text_embedding": ops.concatenate([text, text]),
        }
        seen = {k: ops.split(v, 2, axis=0) for k, v in self.encoder(both).items()}
        found, recovered = ({k: v[i] for k, v in seen.items()} for i in range(2))
        noise = sample_noise(found, standard)
        return {
            "image": self.generator({"text_embedding": text, "noise": noise}),
            "found": found,
            "known": known,
            "recovered": recovered,
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the loss of a batch."""
        del y, sample_weight, kwargs
        found = y_pred["found"]
        near = losses.reconstruction_loss(y_pred["image"], x["image"])
        far = losses.noise_divergence(found["mean"], found["log_variance"])
        missed = losses.noise_likelihood_loss(y_pred["known"], **y_pred["recovered"])
        return (
            self.reconstruction * near + self.divergence * far + self.recovery * missed
        )
