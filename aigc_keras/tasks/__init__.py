"""What a person asks of a trained model."""

from aigc_keras.tasks.inpaint import inpaint_file

__all__ = ["inpaint_file"]
