"""What a person asks of a trained model, or of a picture."""

from aigc_keras.tasks.edit import Edit, EditError, edit_picture
from aigc_keras.tasks.inpaint import inpaint_file

__all__ = ["Edit", "EditError", "edit_picture", "inpaint_file"]
