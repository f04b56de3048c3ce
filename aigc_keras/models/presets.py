"""Named architectures and how they are trained."""

# How a preset is trained where it does not say otherwise; see `TrainingConfig`.
TRAINING = {
    "augmentation": (),
    "batch_size": 64,
    "batch_doublings": 0,
    "schedule": "linear",
    "generator_learning_rate": 1e-3,
    "discriminator_learning_rate": 1e-3,
    "loss": "non_saturating",
    "penalty": None,
    "ema_half_life": 4000,
    "own_words": False,
    "prior_steps": 0,
    "warm_up_steps": 0,
    "next_token_guidance": 0.0,
    "caption_parts": 0,
    "language_learning_rate": 1e-4,
    "train_text_encoder": "frozen",
    "early_stopping": None,
    "precision": "auto",
    "gradient_accumulation": 1,
    "clip_norm": None,
    "rematerialize": False,
}

DF_GAN_TRAINING = {
    "augmentation": ("flip", "crop"),
    "batch_size": 32,
    "schedule": "constant",
    "generator_learning_rate": 1e-4,
    "discriminator_learning_rate": 4e-4,
    "loss": "hinge",
    "penalty": "matching_aware",
    "rematerialize": True,
}

DEFAULT_PRESET = "shapes_64"
# Data sets, by their builder, that have a preset of their own.
PRESET_OF = {"noto_emoji": "emoji_64"}

PRESETS = {
    "tiny_32": {
        "description": "32 pixels, a few thousand weights, for trying things out",
        "image_size": 32,
        "text_dim": 16,
        "vocabulary_size": 512,
        "generator": {"base_channels": 4, "condition_dim": 16, "noise_dim": 8},
        "discriminator": {"base_channels": 4, "matching_dim": 8},
    },
    "shapes_32": {
        "description": "32 pixels, trains in half the time of shapes_64",
        "image_size": 32,
        "text_dim": 256,
        "vocabulary_size": 512,
        "noise_encoder": {},
        "generator": {"base_channels": 16, "condition_layers": 0},
        "discriminator": {"base_channels": 16},
    },
    "shapes_64": {
        "description": "64 pixels, trains on a laptop's processor",
        "image_size": 64,
        "text_dim": 256,
        "vocabulary_size": 512,
        # Drawings of a caption then vary as pictures of it do: benchmarks/README.md.
        "training": {"caption_parts": 1},
        "noise_encoder": {"base_channels": 8, "hidden_dim": 128},
        "generator": {"base_channels": 16, "condition_layers": 0},
        "discriminator": {"base_channels": 16},
    },
    "shapes_64_joint": {
        "description": "as shapes_64; GPT-2 and a captioner learn along with the GAN",
        "image_size": 64,
        "text_dim": 256,
        "vocabulary_size": 512,
        "training": {"train_text_encoder": "last_blocks"},
        "captioner": {},
        "noise_encoder": {},
        "generator": {"base_channels": 16, "condition_layers": 0},
        "discriminator": {"base_channels": 16},
    },
    "scenes_64": {
        "description": "as shapes_64, for scenes of one to three objects",
        "image_size": 64,
        "text_dim": 256,
        "vocabulary_size": 512,
        # For several things (benchmarks/README.md): a step takes a sixth more time, and
        # prior and warm-up an hour more on one core.
        "training": {
            "next_token_guidance": 4.0,
            "prior_steps": 10_000,
            "warm_up_steps": 2500,
        },
        # As good as one of 815,000 weights, and a sixth as large: benchmarks/README.md.
        "noise_encoder": {"base_channels": 4, "hidden_dim": 96},
        # Several things are not all of one shape: each place is told its own.
        "generator": {
            "base_channels": 16,
            "condition_dim": 416,
            "stages": (4, 8, 4, 2),
            "first_blocks": 1,
            "place_channels": 32,
        },
        "discriminator": {"base_channels": 16},
    },
    "emoji_64": {
        "description": "as shapes_64, for the drawings of noto_emoji",
        "image_size": 64,
        "text_dim": 256,
        "vocabulary_size": 512,
        # What kind of thing a name names counts; outlines first; and a discriminator
        # that does not learn the pictures by heart: benchmarks/README.md.
        "training": {"own_words": True, "warm_up_steps": 2500, "penalty": "r1"},
        "generator": {"base_channels": 16},
        "discriminator": {"base_channels": 16},
    },
    "photo_128": {
        "description": "128 pixels, for photographs on one GPU",
        "image_size": 128,
        "text_dim": 256,
        "vocabulary_size": 4096,
        "training": {"augmentation": ("crop", "color_jitter")},
        "generator": {"base_channels": 32},
        "discriminator": {"base_channels": 32},
    },
    "photo_256": {
        "description": "256 pixels, for photographs on several GPUs",
        "image_size": 256,
        "text_dim": 256,
        "vocabulary_size": 4096,
        "training": {
            "augmentation": ("crop", "color_jitter"),
            "rematerialize": True,
        },
        "generator": {"base_channels": 32},
        "discriminator": {"base_channels": 32},
    },
    # DF-GAN's protocol (Tao et al., 2022, sec. 4.1 and table 1) on this package's own
    # networks, which are smaller than theirs: figures to aim at, not reached ones.
    "birds_256": {
        "description": "DF-GAN's protocol for CUB birds; aims at its FID of 12.10",
        "image_size": 256,
        "text_dim": 256,
        "vocabulary_size": 4096,
        "training": DF_GAN_TRAINING,
        "generator": {"base_channels": 32, "noise_dim": 100},
        "discriminator": {"base_channels": 32},
    },
    "coco_256": {
        "description": "DF-GAN's protocol for COCO; aims at its FID of 15.41",
        "image_size": 256,
        "text_dim": 256,
        "vocabulary_size": 8192,
        # COCO's captions say left and right.
        "training": {**DF_GAN_TRAINING, "augmentation": ("crop",)},
        "generator": {"base_channels": 32, "noise_dim": 100},
        "discriminator": {"base_channels": 32},
    },
}


def default_preset(dataset):
    """Return the name of a data set's preset where none is asked for.

    Args:
        dataset: str. Such as `"shapes/scenes"`.
    """
    return PRESET_OF.get(dataset.split("/")[0], DEFAULT_PRESET)


def training_defaults(name):
    """Return how a preset is trained, a dict with the keys of `TRAINING`.

    Raises:
        ValueError: If there is no such preset.
    """
    return {**TRAINING, **get_preset(name).get("training", {})}


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
