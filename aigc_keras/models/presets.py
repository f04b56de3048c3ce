"""Named architectures."""

PRESETS = {
    "tiny_32": {
        "description": "32 pixels, a few thousand weights, for trying things out",
        "image_size": 32,
        "text_dim": 16,
        "vocabulary_size": 512,
        "augmentation": (),
        "generator": {"base_channels": 4, "condition_dim": 16, "noise_dim": 8},
        "discriminator": {"base_channels": 4, "matching_dim": 8},
    },
    "shapes_32": {
        "description": "32 pixels, trains in half the time of shapes_64",
        "image_size": 32,
        "text_dim": 256,
        "vocabulary_size": 512,
        "augmentation": (),
        "generator": {"base_channels": 32},
        "discriminator": {"base_channels": 32},
    },
    "shapes_64": {
        "description": "64 pixels, trains on a laptop's processor",
        "image_size": 64,
        "text_dim": 256,
        "vocabulary_size": 512,
        "augmentation": (),
        "generator": {"base_channels": 32},
        "discriminator": {"base_channels": 32},
    },
    "photo_128": {
        "description": "128 pixels, for photographs on one GPU",
        "image_size": 128,
        "text_dim": 256,
        "vocabulary_size": 4096,
        "augmentation": ("crop", "color_jitter"),
        "generator": {"base_channels": 64},
        "discriminator": {"base_channels": 64},
    },
    "photo_256": {
        "description": "256 pixels, for photographs on several GPUs",
        "image_size": 256,
        "text_dim": 256,
        "vocabulary_size": 4096,
        "augmentation": ("crop", "color_jitter"),
        "generator": {"base_channels": 64},
        "discriminator": {"base_channels": 64},
    },
}


def get_preset(name):
    """Return a preset's settings.

    Raises:
        ValueError: If there is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(
            f"`preset` must be one of {sorted(PRESETS)}. Received: preset={name!r}"
        )
    return PRESETS[name]
