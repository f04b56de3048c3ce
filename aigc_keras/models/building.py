"""From a preset's name to a model, trained or fresh."""

import numpy as np

from aigc_keras.models import packaged
from aigc_keras.models.discriminator import Discriminator
from aigc_keras.models.generator import Generator
from aigc_keras.models.image_encoder import ImageEncoder
from aigc_keras.models.noise_encoder import NoiseEncoder
from aigc_keras.models.presets import PRESETS, get_preset, training_defaults
from aigc_keras.models.text_side import BANK_SIZE


def build(cls, preset, weights, text_encoder, image_size, **kwargs):
    """Load or build a model; see `TextToImageGAN.from_preset`."""
    if preset not in PRESETS:
        return packaged.load_packaged(cls, preset, **kwargs)
    if weights is None:
        return build_fresh(cls, preset, text_encoder, image_size, **kwargs)
    shipped = packaged.shipped_models()
    if preset not in shipped or text_encoder or image_size:
        raise ValueError(
            f"Weights are shipped for the presets {shipped} as they are; "
            "`weights=None` gives fresh ones. "
            f"Received: preset={preset!r}, weights={weights!r}"
        )
    return packaged.load_packaged(cls, packaged.SHIPPED_FOLDER / preset, **kwargs)


def build_fresh(cls, preset, text_encoder=None, image_size=None, **kwargs):
    """Build the networks of a named architecture.

    Args:
        cls: `TextToImageGAN`.
        preset: str. A name in `PRESETS`.
        text_encoder: `GPT2TextEncoder`, or None.
        image_size: int. Overrides the preset's.
        **kwargs: Passed to the constructor.
    """
    settings = get_preset(preset)
    size = image_size or settings["image_size"]
    text_dim = settings["text_dim"]
    drawing = dict(settings["generator"])
    if size != settings["image_size"]:
        # They lead to the preset's own side.
        drawing.pop("stages", None)
    generator = Generator(size, text_dim, **drawing)
    names = kwargs.get("class_names")
    discriminator = Discriminator(
        size,
        text_dim,
        num_classes=None if names is None else len(names),
        **settings["discriminator"],
    )
    judge = ImageEncoder(size, text_dim, settings["vocabulary_size"])
    bank = np.zeros((BANK_SIZE, text_dim), "float32")
    trained = training_defaults(preset)["train_text_encoder"]
    noise_encoder = None
    if "noise_encoder" in settings:
        noise_encoder = NoiseEncoder(
            size, text_dim, generator.noise_dim, **settings["noise_encoder"]
        )
    kwargs = {
        "noise_encoder": noise_encoder,
        "train_text_encoder": trained,
        "captioner": settings.get("captioner"),
        **kwargs,
    }
    return cls(generator, discriminator, text_encoder, judge, bank, **kwargs)
