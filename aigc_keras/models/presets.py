"""Named architectures."""

PRESETS = {
    "shapes_32": {
        "description": "32 pixels, for tests and first steps",
        "image_size": 32,
        "text_dim": 256,
        "vocabulary_size": 512,
        "generator": {"base_channels": 32},
        "discriminator": {"base_channels": 32},
    },
    "shapes_64": {
        "description": "64 pixels, trains on a laptop's processor",
        "image_size": 64,
        "text_dim": 256,
        "vocabulary_size": 512,
        "generator": {"base_channels": 32},
        "discriminator": {"base_channels": 32},
    },
    "photo_128": {
        "description": "128 pixels, for photographs on one GPU",
        "image_size": 128,
        "text_dim": 256,
        "vocabulary_size": 4096,
        "generator": {"base_channels": 64},
        "discriminator": {"base_channels": 64},
    },
    "photo_256": {
        "description": "256 pixels, for photographs on several GPUs",
        "image_size": 256,
        "text_dim": 256,
        "vocabulary_size": 4096,
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
