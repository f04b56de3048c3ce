"""The networks and the combined model."""

from aigc_keras.models.captioner import ImageCaptioner
from aigc_keras.models.discriminator import Discriminator
from aigc_keras.models.gan import TextToImageGAN
from aigc_keras.models.generator import Generator
from aigc_keras.models.image_encoder import ImageEncoder
from aigc_keras.models.image_text_model import ImageTextModel, attention_pooler
from aigc_keras.models.noise_encoder import NoiseEncoder
from aigc_keras.models.objective import LossWeights
from aigc_keras.models.presets import PRESETS
from aigc_keras.models.repairer import ImageRepairer
from aigc_keras.models.standard_noise import standardize_noise
from aigc_keras.models.text_side import TextSideSettings

__all__ = [
    "PRESETS",
    "Discriminator",
    "Generator",
    "ImageCaptioner",
    "ImageEncoder",
    "ImageRepairer",
    "ImageTextModel",
    "LossWeights",
    "NoiseEncoder",
    "TextSideSettings",
    "TextToImageGAN",
    "attention_pooler",
    "standardize_noise",
]
