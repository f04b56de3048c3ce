"""Adam in one operation a weight."""

import keras
import tensorflow as tf

PEAK, RISE_STEPS = 1e-3, 200


@keras.saving.register_keras_serializable(package="aigc_keras")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, computed by TensorFlow's fused kernel.

    The same algorithm, arguments and state; one pass over each weight instead of ten.
    On small networks the update is a tenth of a step otherwise. AMSGrad, and weights
    that are not TensorFlow variables, take Keras's own way. With `weight_decay` it is
    AdamW, and a schedule is asked once a step; Keras asks it once a weight.

    Reference: Kingma and Ba, 2015, "Adam" (alg. 1, with epsilon as in sec. 2);
    Loshchilov and Hutter, 2019, "Decoupled weight decay" (alg. 2).

    Args:
        *args: As `keras.optimizers.Adam`.
        **kwargs: As `keras.optimizers.Adam`.

    Example:
    >>> from aigc_keras.fused_adam import FusedAdam
    >>> FusedAdam(1e-3, beta_1=0.0).get_config()["beta_1"]
    0.0
    """

    def update_step(self, gradient, variable, learning_rate):
        """Update one weight in place."""
        value = _held(variable)
        if self.amsgrad or not isinstance(value, tf.Variable):
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, tf.float32)
        beta_1, beta_2 = tf.constant(self.beta_1), tf.constant(self.beta_2)
        tf.raw_ops.ResourceApplyAdam(
            var=value.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.constant(self.epsilon),
            grad=tf.cast(gradient, tf.float32),
        )

    def _apply_weight_decay(self, variables):
        if self.weight_decay is None or tf.distribute.has_strategy():
            super()._apply_weight_decay(variables)
            return
        share = tf.cast(self.learning_rate, tf.float32) * self.weight_decay
        for variable in variables:
            if self._use_weight_decay(variable):
                value = _held(variable)
                value.assign_sub(value * tf.cast(share, value.dtype))

    def _all_reduce_sum_gradients(self, grads_and_vars):
        # `replicas.apply_gradients` has taken their mean, before they were clipped.
        return grads_and_vars


def _held(variable):
    # Keras hands over what TensorFlow holds, or its own variable around it.
    return variable if isinstance(variable, tf.Variable) else variable.value


def make_optimizer(learning_rate=None, clip_norm=None, accumulation=1):
    """Return Adam without momentum, `beta` (0, 0.9), as DF-GAN and many others have.

    Args:
        learning_rate: float or Keras schedule; default: a rise to 1e-3 in 200 steps.
            A generator that begins at that rate may never recover from its first steps.
        clip_norm: float or None. Largest norm of a weight's gradient.
        accumulation: int. Steps whose gradients are averaged for one update.
    """
    if learning_rate is None:
        # Despite its name it rises, and stays where it ends.
        learning_rate = keras.optimizers.schedules.PolynomialDecay(
            PEAK / RISE_STEPS, RISE_STEPS, PEAK
        )
    return FusedAdam(
        learning_rate,
        beta_1=0.0,
        beta_2=0.9,
        clipnorm=clip_norm,
        gradient_accumulation_steps=accumulation if accumulation > 1 else None,
    )
