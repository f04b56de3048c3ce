"""How a noise encoder learns after the GAN: its noise must draw the pictures again."""

import keras
from keras import ops

from aigc_keras import losses
from aigc_keras.models.noise_encoder import sample_noise


class NoiseEncoderModel(keras.Model):
    """Trains a noise encoder with a generator that stays as it is.

    `fit` on dicts of `image` and `text_embedding` minimises, for noise found in the
    images, how far the drawings are from them, by pixels and as a judge sees them, and
    the noise from standard normal; and, for drawings of the same captions with noise
    that is known, how far what is found is from it. By pixels alone it found noise
    under which objects vanish, where the generator cannot place them as they are.

    Reference: Zhu et al., 2017, "BicycleGAN" (eq. 4 to 8). Deviations: the generator is
    trained before, a judge looks too, and the known noise is found by its likelihood.

    Args:
        encoder: `NoiseEncoder`. Trained in place.
        generator: `Generator`, not trainable.
        judge: `ImageEncoder`, not trainable, or None.
        reconstruction: float. Weight of the mean difference of pixels.
        likeness: float. Weight of one minus the cosine of what the judge sees.
        divergence: float. Weight of the noise's distance from standard normal, in nats.
        recovery: float. Weight of the known noise's negative log likelihood, in nats a
            dimension.
        seed: int. Seeds the noise.
        **kwargs: Passed to `keras.Model`.
    """

    def __init__(
        self,
        encoder,
        generator,
        judge=None,
        reconstruction=20.0,
        likeness=5.0,
        divergence=0.005,
        recovery=0.5,
        seed=0,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.encoder, self.generator, self.judge = encoder, generator, judge
        self.reconstruction, self.likeness = reconstruction, likeness
        self.divergence, self.recovery = divergence, recovery
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        """Find the noise of a batch's images, and of drawings of its captions.

        Returns:
            Dict of `image`, the images drawn again; `likeness` `(batch,)`, the cosine
            of what the judge sees in them and in the images, 1 without a judge;
            `found`, see `NoiseEncoder`; and for the drawings `known` `(batch,
            noise_dim)`, their noise, and `recovered`, what was found of it.
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
        again = self.generator({"text_embedding": text, "noise": noise})
        return {
            "image": again,
            "likeness": self._compare(image, again),
            "found": found,
            "known": known,
            "recovered": recovered,
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, **kwargs):
        """Return the loss of a batch."""
        del y, sample_weight, kwargs
        found = y_pred["found"]
        near = losses.reconstruction_loss(y_pred["image"], x["image"])
        unlike = 1 - ops.mean(y_pred["likeness"])
        far = losses.noise_divergence(found["mean"], found["log_variance"])
        missed = losses.noise_likelihood_loss(y_pred["known"], **y_pred["recovered"])
        return (
            self.reconstruction * near
            + self.likeness * unlike
            + self.divergence * far
            + self.recovery * missed
        )

    def _compare(self, image, again):
        if self.judge is None:
            return ops.ones(ops.shape(image)[:1])
        both = ops.concatenate([image, again])
        seen = ops.normalize(self.judge(both, training=False)["image_vector"])
        one, other = ops.split(seen, 2, axis=0)
        return ops.sum(one * other, axis=-1)
