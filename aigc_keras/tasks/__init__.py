"""What a person asks of a trained model, or of a picture."""

from aigc_keras.tasks.animations import write_frames
from aigc_keras.tasks.interpolate import draw_slider, draw_walk, slide, spherical

__all__ = ["draw_slider", "draw_walk", "slide", "spherical", "write_frames"]
