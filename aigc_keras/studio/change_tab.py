"""The tab on which a picture is changed by a sentence, or mended."""

import gradio as gr
import numpy as np
from PIL import Image

from aigc_keras.studio.handling import as_png, as_seed, enlarge, one_line

BRUSH = "#ff00ff"


def add_change(library, wording):
    """Add the tab's components and what they do.

    Args:
        library: `Library`.
        wording: `Wording`.
    """
    with gr.Row():
        model = wording.make(
            gr.Dropdown, library.names, value=library.names[0], label="_model"
        )
        seed = wording.make(gr.Number, value=0, label="_seed", precision=0, minimum=0)
    with gr.Row():
        editor = wording.make(
            gr.ImageEditor,
            label="_to_change",
            type="numpy",
            image_mode="RGBA",
            sources=["upload", "clipboard"],
            brush=gr.Brush(colors=[BRUSH], color_mode="fixed", default_size=24),
            layers=False,
            transforms=(),
            height=380,
            elem_id="to_change",
        )
        slider = wording.make(
            gr.ImageSlider,
            label="_before_after",
            height=380,
            interactive=False,
            elem_id="before_after",
        )
    sentence = wording.make(
        gr.Textbox,
        label="_sentence",
        placeholder="_sentence_hint",
        elem_id="change_sentence",
    )
    change = wording.make(gr.Button, value="_change_button", variant="primary")
    whole = wording.make(gr.Textbox, label="_whole", elem_id="whole")
    fill = wording.make(gr.Button, value="_fill_button", variant="primary")
    shows = wording.make(gr.Textbox, label="_shows", interactive=False, elem_id="shows")

    @one_line
    def change_it(name, drawn, sentence, seed):
        picture, _ = read_drawing(drawn)
        with library.lock:
            model = library.open(name)
            # Seed 0 is the likeliest picture, others are variants.
            seed = as_seed(seed) or None
            before, after, shows = model.change(picture, sentence, seed)
        return (enlarge(before), enlarge(after)), shows

    @one_line
    def fill_it(name, drawn, caption, seed):
        picture, mask = read_drawing(drawn)
        if mask is None:
            raise ValueError("Paint over what is to be filled. Received: no paint")
        with library.lock:
            model = library.open(name)
            settings = (caption.strip() or None, as_seed(seed))
            before, after = model.fill(picture, mask, *settings)
        return (enlarge(before), enlarge(after)), caption

    outputs = {"outputs": [slider, shows], "concurrency_id": "model"}
    inputs = [model, editor, sentence, seed]
    gr.on([change.click, sentence.submit], change_it, inputs, **outputs)
    fill.click(fill_it, [model, editor, whole, seed], **outputs)


def read_drawing(drawn):
    """Take what an image editor holds apart.

    Args:
        drawn: Dict of `gr.ImageEditor`: `background` and `layers`, RGBA arrays.

    Returns:
        Tuple of the picture as the bytes of a PNG file, and the mask of what was
        painted over, of the same size, or None where nothing was.

    Raises:
        ValueError: If there is no picture.
    """
    background = drawn and drawn["background"]
    if background is None:
        raise ValueError("A picture must be uploaded first. Received: none")
    if (background[..., 3] == 255).all():
        background = background[..., :3]
    height, width = background.shape[:2]
    mask = np.zeros((height, width), bool)
    for layer in drawn["layers"]:
        if layer.shape[:2] != (height, width):
            image = Image.fromarray(layer).resize((width, height))
            layer = np.asarray(image)
        mask |= layer[..., 3] > 127
    if not mask.any():
        return as_png(background), None
    return as_png(background), as_png(np.where(mask, 255, 0).astype("uint8"))
