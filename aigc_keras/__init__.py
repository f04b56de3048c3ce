"""Text-to-image GANs for Keras whose text side is KerasNLP's GPT-2.

The names below are imported when they are first used, so that `import aigc_keras` does
not wait for TensorFlow.
"""

import importlib

__version__ = "0.1.0"

_PUBLIC = {
    "Client": "aigc_keras.serving",
    "CaptionedDataset": "aigc_keras.datasets",
    "DialogueReader": "aigc_keras.language",
    "Discriminator": "aigc_keras.models",
    "GPT2TextEncoder": "aigc_keras.language",
    "Generator": "aigc_keras.models",
    "GPT2LanguageModel": "aigc_keras.language",
    "ImageCaptioner": "aigc_keras.models",
    "ImageEncoder": "aigc_keras.models",
    "InstructionReader": "aigc_keras.language",
    "ImageRepairer": "aigc_keras.models",
    "LossWeights": "aigc_keras.models",
    "SceneAlignment": "aigc_keras.metrics",
    "TextSideSettings": "aigc_keras.models",
    "TextToImageGAN": "aigc_keras.models",
    "TrainingConfig": "aigc_keras.training",
    "VisualDialogue": "aigc_keras.tasks",
    "draw_slider": "aigc_keras.tasks",
    "draw_walk": "aigc_keras.tasks",
    "enhance_image": "aigc_keras.tasks",
    "Evaluate": "aigc_keras.evaluation",
    "evaluate_gan": "aigc_keras.evaluation",
    "measure_captions": "aigc_keras.evaluation",
    "measure_cycle": "aigc_keras.evaluation",
    "measure_dialogue": "aigc_keras.evaluation",
    "edit_picture": "aigc_keras.tasks",
    "measure_edits": "aigc_keras.evaluation",
    "measure_prompts": "aigc_keras.evaluation",
    "measure_repair": "aigc_keras.evaluation",
    "export": "aigc_keras.serving",
    "load_dataset": "aigc_keras.datasets",
    "load_run": "aigc_keras.training",
    "share_threads": "aigc_keras.training",
    "standardize_noise": "aigc_keras.models",
    "default_callbacks": "aigc_keras.training",
    "losses": "aigc_keras",
    "train": "aigc_keras.training",
    "train_captioner": "aigc_keras.training",
    "train_dialogue_reader": "aigc_keras.training",
    "train_instruction_reader": "aigc_keras.training",
    "train_noise_encoder": "aigc_keras.training",
    "train_prompt_writer": "aigc_keras.training",
    "train_repairer": "aigc_keras.training",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    """Import a public name when it is first used (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "losses":
        return importlib.import_module("aigc_keras.losses")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__():
    """List the public names."""
    return __all__
