"""Small Keras layers that the networks are made of."""

from aigc_keras.layers.attention_pooling import AttentionPooling
from aigc_keras.layers.damage import Damage
from aigc_keras.layers.diff_augment import DiffAugment
from aigc_keras.layers.feature_modulation import FeatureModulation
from aigc_keras.layers.leaky_relu import LeakyReLU
from aigc_keras.layers.patches import ChannelsToPatches, PatchesToChannels
from aigc_keras.layers.push_pull import PushPull

__all__ = [
    "AttentionPooling",
    "ChannelsToPatches",
    "Damage",
    "DiffAugment",
    "FeatureModulation",
    "LeakyReLU",
    "PatchesToChannels",
    "PushPull",
]
