"""What a person asks of a trained model, or of a picture."""

from aigc_keras.tasks.adaptive_contrast import AdaptiveContrast
from aigc_keras.tasks.animations import write_frames
from aigc_keras.tasks.dialogue import Answer, Picture, VisualDialogue
from aigc_keras.tasks.edit import Edit, EditError, edit_picture
from aigc_keras.tasks.enhance import enhance_file, enhance_files, enhance_image
from aigc_keras.tasks.geometry import Crop, Resize, Rotate
from aigc_keras.tasks.inpaint import inpaint_file
from aigc_keras.tasks.interpolate import draw_slider, draw_walk, slide, spherical
from aigc_keras.tasks.repair import repair_file
from aigc_keras.tasks.tones import (
    AutoLevels,
    Brightness,
    Contrast,
    Gamma,
    Saturation,
    Sharpen,
)

__all__ = [
    "AdaptiveContrast",
    "Answer",
    "AutoLevels",
    "Brightness",
    "Contrast",
    "Crop",
    "Edit",
    "EditError",
    "Gamma",
    "Picture",
    "Resize",
    "Rotate",
    "Saturation",
    "Sharpen",
    "VisualDialogue",
    "draw_slider",
    "draw_walk",
    "edit_picture",
    "enhance_file",
    "enhance_files",
    "enhance_image",
    "inpaint_file",
    "repair_file",
    "slide",
    "spherical",
    "write_frames",
]
