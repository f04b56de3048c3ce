"""Leads training and evaluation to the backend that Keras runs on."""

import keras


class EitherBackend(keras.Model):
    """A model whose steps are written for TensorFlow and, beside it, for JAX.

    Keras's own loops ask a JAX model for other steps than a TensorFlow one; here the
    loops of `jax_training` take their place.
    """

    def fit(self, x=None, *, epochs=1, steps_per_epoch=None, **kwargs):
        """Train on batches; see `keras.Model.fit` and `jax_training.fit`."""
        if _on_jax():
            from aigc_keras.models import jax_training

            return jax_training.fit(self, x, epochs, steps_per_epoch, **kwargs)
        kwargs = {"shuffle": False, **kwargs}
        return super().fit(x, epochs=epochs, steps_per_epoch=steps_per_epoch, **kwargs)

    def evaluate(self, x=None, **kwargs):
        """Return the mean losses; see `keras.Model.evaluate`, `jax_training.evaluate`.

        Args:
            x: Batches as `train_step` takes them.
            **kwargs: Such as `steps` and `return_dict`.
        """
        if _on_jax():
            from aigc_keras.models import jax_training

            return jax_training.evaluate(self, x, **kwargs)
        return super().evaluate(x, **kwargs)

    def train_on_batch(self, *args, **kwargs):
        """Train on one batch, on TensorFlow; see `keras.Model.train_on_batch`."""
        _check_on_tensorflow("train_on_batch", "fit([batch])")
        return super().train_on_batch(*args, **kwargs)

    def test_on_batch(self, *args, **kwargs):
        """Return one batch's losses, on TensorFlow; see `keras.Model.test_on_batch`."""
        _check_on_tensorflow("test_on_batch", "evaluate([batch])")
        return super().test_on_batch(*args, **kwargs)


def _on_jax():
    return keras.backend.backend() == "jax"


def _check_on_tensorflow(name, other):
    if _on_jax():
        raise ValueError(
            f"`{name}` runs on TensorFlow alone; call `{other}`. "
            "Received: KERAS_BACKEND=jax"
        )
