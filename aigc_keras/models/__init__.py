"""The networks and the combined model."""

from aigc_keras.models.discriminator import Discriminator
from aigc_keras.models.generator import Generator
from aigc_keras.models.image_encoder import ImageEncoder
from aigc_keras.models.image_text_model import ImageTextModel

__all__ = ["Discriminator", "Generator", "ImageEncoder", "ImageTextModel"]
