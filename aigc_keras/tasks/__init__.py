"""What a person asks of a trained model, or of a picture."""

from aigc_keras.tasks.edit import Edit, EditError, edit_picture

__all__ = ["Edit", "EditError", "edit_picture"]
