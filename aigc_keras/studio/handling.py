"""What every handler of the page shares: one clear line when something is wrong."""

import functools
import io

import gradio as gr
import numpy as np
from PIL import Image

from aigc_keras.datasets.images import check_image

# Pictures of 64 pixels are shown larger, each pixel a square.
SHOWN_SIZE = 256


def one_line(handler):
    """Let a handler say what is wrong and leave what is shown as it is.

    Args:
        handler: Function of a Gradio event.

    Returns:
        It, with what it raises of bad input, of files and of servers as a warning.
    """

    @functools.wraps(handler)
    def wrapped(*args):
        try:
            return handler(*args)
        except (ValueError, OSError, RuntimeError) as error:
            gr.Warning(" ".join(str(error).split()))
            return gr.skip()

    return wrapped


def enlarge(image):
    """Return an array `(height, width, channels)` as a picture that can be seen."""
    times = max(1, SHOWN_SIZE // max(image.shape[:2]))
    return np.repeat(np.repeat(image, times, axis=0), times, axis=1)


def read_upload(path):
    """Return the bytes of an uploaded picture.

    Raises:
        ValueError: If there is none.
        ImageError: If it is no picture, or too large.
    """
    if not path:
        raise ValueError("A picture must be uploaded first. Received: none")
    check_image(path)
    with open(path, "rb") as file:
        return file.read()


def as_png(image):
    """Return an array as the bytes of a PNG file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


def as_seed(number):
    """Return what is in a field for a seed as an int.

    Raises:
        ValueError: If it is no whole number from 0.
    """
    if number is None or number < 0 or number != int(number):
        raise ValueError(f"A seed must be a whole number from 0. Received: {number}")
    return int(number)
