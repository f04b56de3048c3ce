"""How a model was compiled, as JSON, so that a loaded one goes on alike."""

import dataclasses

import keras

from aigc_keras import losses
from aigc_keras.layers import DiffAugment
from aigc_keras.models.objective import LossWeights


def describe_compilation(gan):
    """Return what `TextToImageGAN.compile` was given, ready for JSON.

    A loss or penalty of the user's own has no name to be found by and is left out: a
    loaded model then has the default until it is compiled again.

    Args:
        gan: `TextToImageGAN`.

    Returns:
        Dict, empty for a model that is not compiled.
    """
    if not gan.compiled:
        return {}
    penalty = gan.penalty
    names = {kind: name for name, kind in losses.PENALTIES.items()}
    return {
        "generator_optimizer": keras.optimizers.serialize(gan.optimizer),
        "discriminator_optimizer": keras.optimizers.serialize(
            gan.discriminator_optimizer
        ),
        "loss": gan.adversarial_loss.name,
        "loss_weights": dataclasses.asdict(gan.loss_weights),
        "penalty": names.get(type(penalty)),
        "penalty_settings": dataclasses.asdict(penalty)
        if type(penalty) in names
        else {},
        "diff_augment": list(gan.diff_augment.policy) if gan.diff_augment else None,
        "ema_half_life": gan.ema_half_life,
        "text_noise": gan.text_noise,
        "rematerialize": bool(gan.trained),
        "language_optimizer": None
        if gan.language_optimizer is None
        else keras.optimizers.serialize(gan.language_optimizer),
    }


def restore_compilation(gan, state):
    """Compile a model as `describe_compilation` says.

    Args:
        gan: `TextToImageGAN`.
        state: Dict; empty for the defaults.
    """
    state = dict(state)
    for name in (
        "generator_optimizer",
        "discriminator_optimizer",
        "language_optimizer",
    ):
        if state.get(name):
            state[name] = keras.optimizers.deserialize(state[name])
    if "loss_weights" in state:
        state["loss_weights"] = LossWeights(**state["loss_weights"])
    settings = state.pop("penalty_settings", {})
    if state.get("penalty"):
        state["penalty"] = losses.PENALTIES[state["penalty"]](**settings)
    if state.get("loss") not in losses.ADVERSARIAL_LOSSES:
        state.pop("loss", None)
    if state.get("diff_augment"):
        state["diff_augment"] = DiffAugment(state["diff_augment"])
    gan.compile(**state)
