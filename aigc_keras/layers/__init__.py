"""Small Keras layers that the networks are made of."""

from aigc_keras.layers.attention_pooling import AttentionPooling
from aigc_keras.layers.diff_augment import DiffAugment
from aigc_keras.layers.feature_modulation import FeatureModulation

__all__ = ["AttentionPooling", "DiffAugment", "FeatureModulation"]
