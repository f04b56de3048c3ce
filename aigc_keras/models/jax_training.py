"""Trains a `TextToImageGAN` on Keras's JAX backend, by the same losses."""

import functools
import itertools

import jax
import keras
import numpy as np
from keras import ops

from aigc_keras.models import objective
from aigc_keras.models.moving_average import move_averages

# What a step changes, by name.
STATE = {
    "drawing": lambda gan: gan.drawing_variables,
    "discriminator": lambda gan: gan.discriminator.trainable_variables,
    "optimizer": lambda gan: gan.optimizer.variables,
    "discriminator_optimizer": lambda gan: gan.discriminator_optimizer.variables,
    "averages": lambda gan: [
        weight
        for network in (gan.ema_generator, gan.ema_noise_encoder)
        if network is not None
        for weight in network.weights
    ],
}


def train_step(gan, state, data, chance):
    """Return the state after one update of both networks, and the losses.

    A pure function, to be compiled with `gan` bound. What `TextToImageGAN.train_step`
    computes with tapes is computed here by `jax.vjp`, from the same loss terms.

    Args:
        gan: Compiled `TextToImageGAN`, whose own variables stay as they are.
        state: Dict of lists of arrays, see `read_state`.
        data: Dict of a batch, see `TextToImageGAN.train_step`.
        chance: Dict that `draw_chance` returned.

    Returns:
        Tuple of the new state and a dict of float32 scalars by `objective.LOSS_NAMES`.
    """
    traced = _Traced(gan, chance)

    def draw(drawing):
        with _holding(gan, state | {"drawing": drawing}):
            inputs, divergence = objective.generator_inputs(traced, data, True)
            return objective.draw(gan, inputs), divergence

    def judge(discriminator, fake):
        with _holding(gan, state | {"discriminator": discriminator}):
            terms, _ = objective.loss_terms(traced, data, fake, True, divergence)
            sums = terms["discriminator_loss"], terms["generator_loss"]
            return sums, terms

    (fake, divergence), draw_back = jax.vjp(draw, state["drawing"])
    _, judge_back, terms = jax.vjp(judge, state["discriminator"], fake, has_aux=True)
    one, none = np.float32(1), np.float32(0)
    resisted, _ = judge_back((one, none))
    _, by_fake = judge_back((none, one))
    (sought,) = draw_back((by_fake, np.float32(gan.loss_weights.divergence)))
    state = dict(state)
    for name, optimizer, slopes in (
        ("drawing", "optimizer", sought),
        ("discriminator", "discriminator_optimizer", resisted),
    ):
        apply = getattr(gan, optimizer).stateless_apply
        state[name], state[optimizer] = apply(state[optimizer], slopes, state[name])
    with _holding(gan, state) as scope:
        move_averages(gan, data["image"].shape[0])
    averages = STATE["averages"](gan)
    state["averages"] = [scope.get_current_value(weight) for weight in averages]
    return state, terms


def test_step(gan, state, data, chance):
    """Return the losses of a batch with the averaged generator; see `train_step`."""
    traced = _Traced(gan, chance)
    with _holding(gan, state):
        inputs, divergence = objective.generator_inputs(traced, data)
        fake = gan.ema_generator(inputs)
        return objective.loss_terms(traced, data, fake, False, divergence)[0]


def read_state(gan):
    """Return what a step changes of a compiled `TextToImageGAN`.

    Returns:
        Dict of lists of arrays: `drawing`, `discriminator`, `optimizer`,
        `discriminator_optimizer` and `averages`.
    """
    return {name: [v.value for v in of(gan)] for name, of in STATE.items()}


def write_state(gan, state):
    """Give a `TextToImageGAN` the state that `train_step` returned, in place."""
    for name, of in STATE.items():
        for variable, value in zip(of(gan), state[name], strict=True):
            variable.assign(value)


def draw_chance(gan, step, data):
    """Return the random numbers of a step: those that TensorFlow's step would draw.

    Only `losses.FiniteDifferencePenalty` draws its own inside the step.

    Args:
        gan: Compiled `TextToImageGAN`.
        step: int. Steps done.
        data: Dict of a batch.

    Returns:
        Dict of float32 arrays: `noise`, and `chances` and `text_noise` where they are
        used.
    """
    number, shape = len(data["image"]), data["text_embedding"].shape
    chance = {"noise": gan.draw_noise(step, number)}
    if gan.diff_augment is not None:
        chance["chances"] = gan.draw_chances(step, 2 * number)
    if gan.text_noise:
        chance["text_noise"] = gan.draw_text_noise(step, shape)
    return {name: np.asarray(value) for name, value in chance.items()}


def fit(
    gan,
    batches,
    epochs=1,
    steps_per_epoch=None,
    callbacks=None,
    verbose="auto",
    **other,
):
    """Train; `TextToImageGAN.fit` calls this on the JAX backend.

    Args:
        gan: Compiled `TextToImageGAN`.
        batches: Iterable of dicts of arrays, one epoch's or endless.
        epochs: int.
        steps_per_epoch: int, or None: all of an epoch's batches.
        callbacks: List of `keras.callbacks.Callback`. The weights are the model's own
            when they are called, which costs some time a step.
        verbose: `"auto"`, 0, 1 or 2. As `keras.Model.fit`.
        **other: `shuffle` changes nothing; others are refused.

    Returns:
        `keras.callbacks.History` of the losses' means.

    Raises:
        ValueError: If GPT-2 or a captioner is to learn along, gradients are to be
            accumulated, an argument is not known here, or the data end too soon.
    """
    unknown = set(other) - {"shuffle"}
    if unknown:
        raise ValueError(
            "On JAX `fit` takes epochs, steps_per_epoch, callbacks and verbose. "
            f"Received: {sorted(unknown)}"
        )
    _check_frozen(gan)
    for optimizer in (gan.optimizer, gan.discriminator_optimizer):
        if optimizer.gradient_accumulation_steps:
            raise ValueError(
                "On JAX gradients are not accumulated; use a smaller batch. Received: "
                f"gradient_accumulation_steps={optimizer.gradient_accumulation_steps}"
            )
    given = list(callbacks or [])
    callbacks = keras.callbacks.CallbackList(
        given,
        add_history=True,
        add_progbar=verbose != 0,
        model=gan,
        verbose=1 if verbose == "auto" else verbose,
        epochs=epochs,
        steps=steps_per_epoch,
    )
    step = jax.jit(functools.partial(train_step, gan))
    gan.stop_training = False
    callbacks.on_train_begin()
    state, done = read_state(gan), int(gan.optimizer.iterations)
    source = iter(batches)
    try:
        for epoch in range(epochs):
            callbacks.on_epoch_begin(epoch)
            totals, number = {}, 0
            while steps_per_epoch is None or number < steps_per_epoch:
                data = next(source, None)
                if data is None:
                    break
                callbacks.on_train_batch_begin(number)
                # Callbacks may have changed a rate or a weight.
                state = read_state(gan) if given else state
                data = {name: np.asarray(value) for name, value in data.items()}
                state, terms = step(state, data, draw_chance(gan, done, data))
                done, number = done + 1, number + 1
                totals = {name: totals.get(name, 0) + x for name, x in terms.items()}
                if given:
                    write_state(gan, state)
                callbacks.on_train_batch_end(number - 1, _means(totals, number))
                if gan.stop_training:
                    break
            if not number:
                raise ValueError(
                    "`fit` needs data for each epoch. Received: none for epoch "
                    f"{epoch + 1} of {epochs}"
                )
            write_state(gan, state)
            callbacks.on_epoch_end(epoch, _means(totals, number))
            state = read_state(gan)
            if gan.stop_training:
                break
            if steps_per_epoch is None:
                source = iter(batches)
    finally:
        # Also after Ctrl-C.
        write_state(gan, state)
    callbacks.on_train_end()
    return gan.history


def evaluate(gan, batches, steps=None, return_dict=False, verbose="auto"):
    """Return the mean losses; `TextToImageGAN.evaluate` calls this on JAX.

    Args:
        gan: Compiled `TextToImageGAN`.
        batches: Iterable of dicts, see `TextToImageGAN.train_step`.
        steps: int, or None: all batches.
        return_dict: bool. Whether the losses come with their names.
        verbose: Changes nothing.

    Returns:
        Dict of float, or a list of them in the order of `gan.metrics_names`.

    Raises:
        ValueError: If GPT-2 or a captioner learns along, or there are no data.
    """
    del verbose
    _check_frozen(gan)
    step = jax.jit(functools.partial(test_step, gan))
    state, totals, number = read_state(gan), {}, 0
    for data in itertools.islice(batches, steps):
        number += 1
        data = {name: np.asarray(value) for name, value in data.items()}
        noise = np.asarray(gan.draw_noise(0, len(data["image"])))
        terms = step(state, data, {"noise": noise})
        totals = {name: totals.get(name, 0) + x for name, x in terms.items()}
    if not number:
        raise ValueError("`evaluate` needs data. Received: no batch")
    means = _means(totals, number)
    if return_dict:
        return means
    return [means[name] for name in gan.metrics_names if name in means]


def _check_frozen(gan):
    if gan.language_side is not None:
        raise ValueError(
            "GPT-2 and the captioner learn along on TensorFlow alone; build the model "
            "with train_text_encoder='frozen' and no captioner. Received: "
            f"train_text_encoder={gan.train_text_encoder!r}"
        )


class _Traced:
    """A `TextToImageGAN` whose random numbers come with the step."""

    def __init__(self, gan, chance):
        self._gan, self._chance = gan, chance

    def __getattr__(self, name):
        return getattr(self._gan, name)

    def draw_noise(self, step, batch_size):
        return self._chance["noise"]

    def draw_chances(self, step, batch_size):
        return self._chance["chances"]

    def draw_text_noise(self, step, shape):
        return self._chance["text_noise"]


def _holding(gan, state):
    """Return a scope in which the variables have the values of a state."""
    pairs = [
        (variable, ops.convert_to_tensor(value))
        for name, of in STATE.items()
        for variable, value in zip(of(gan), state[name], strict=True)
    ]
    return keras.StatelessScope(state_mapping=pairs)


def _means(totals, number):
    return {name: float(total) / number for name, total in sorted(totals.items())}
