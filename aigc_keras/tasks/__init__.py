"""What a person asks of a trained model."""

from aigc_keras.tasks.inpaint import inpaint_file
from aigc_keras.tasks.repair import repair_file

__all__ = ["inpaint_file", "repair_file"]
