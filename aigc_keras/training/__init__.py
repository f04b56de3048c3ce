"""From settings to a trained run folder."""

from aigc_keras.training.callbacks import TrainingDiverged, default_callbacks
from aigc_keras.training.config import RunError, TrainingConfig
from aigc_keras.training.dialogue_training import train_dialogue_reader
from aigc_keras.training.encoder_training import train_noise_encoder
from aigc_keras.training.language_training import (
    train_captioner,
    train_instruction_reader,
    train_prompt_writer,
)
from aigc_keras.training.repair_training import train_repairer
from aigc_keras.training.run_folder import (
    RunFolder,
    load_run,
    open_captioner,
    open_dialogue_reader,
    open_instruction_reader,
    open_model,
    open_parts,
    open_prompt_writer,
    open_repairer,
)
from aigc_keras.training.threads import share_threads
from aigc_keras.training.trainer import train

__all__ = [
    "RunError",
    "RunFolder",
    "TrainingConfig",
    "TrainingDiverged",
    "default_callbacks",
    "load_run",
    "open_captioner",
    "open_dialogue_reader",
    "open_instruction_reader",
    "open_model",
    "open_parts",
    "open_prompt_writer",
    "open_repairer",
    "share_threads",
    "train",
    "train_captioner",
    "train_dialogue_reader",
    "train_instruction_reader",
    "train_noise_encoder",
    "train_prompt_writer",
    "train_repairer",
]
