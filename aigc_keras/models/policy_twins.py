"""Twins of GPT-2 and its pooler that compute in bfloat16, for training.

A text encoder computes in float32, so that a caption's vector is the same on every
machine. Where the processor has bfloat16 it learns faster in that.
"""

import keras

# Its variables are float32: they are exchanged without loss.
_POLICY = "mixed_bfloat16"


def backbone_in_policy(backbone):
    """Return a backbone of the same weights where the policy mixes in bfloat16.

    Under another policy it is the backbone itself.

    Args:
        backbone: `keras_nlp.models.GPT2Backbone`.
    """
    policy = keras.config.dtype_policy()
    if policy.name != _POLICY:
        return backbone
    twin = type(backbone).from_config({**backbone.get_config(), "dtype": policy.name})
    twin.set_weights(backbone.get_weights())
    twin.trainable = backbone.trainable
    return twin


def pooler_in_policy(pooler):
    """Return a pooler of the same weights where the policy mixes in bfloat16.

    Its last layer stays in float32. Under another policy it is the pooler itself.

    Args:
        pooler: Functional model of layers in float32.
    """
    policy = keras.config.dtype_policy()
    if policy.name != _POLICY:
        return pooler
    last = pooler.layers[-1]

    def copy(layer):
        config = layer.get_config()
        if layer is not last and not isinstance(layer, keras.layers.InputLayer):
            config["dtype"] = policy.name
        return type(layer).from_config(config)

    twin = keras.models.clone_model(pooler, clone_function=copy)
    twin.set_weights(pooler.get_weights())
    return twin


def take_weights(network, twin):
    """Give a network what its twin has learned."""
    if twin is not network:
        network.set_weights(twin.get_weights())
