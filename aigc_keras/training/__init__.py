"""From settings to a trained run folder."""

from aigc_keras.training.callbacks import TrainingDiverged
from aigc_keras.training.config import RunError, TrainingConfig
from aigc_keras.training.run_folder import RunFolder, load_run
from aigc_keras.training.trainer import train

__all__ = [
    "RunError",
    "RunFolder",
    "TrainingConfig",
    "TrainingDiverged",
    "load_run",
    "train",
]
