"""The tab on which captions are drawn."""

import gradio as gr

from aigc_keras.studio.handling import as_seed, enlarge, one_line

MOST_PICTURES = 16


def add_draw(library, wording):
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
        number = wording.make(
            gr.Slider, 1, MOST_PICTURES, value=4, step=1, label="_number"
        )
    caption = wording.make(
        gr.Textbox, label="_caption", placeholder="_caption_hint", elem_id="caption"
    )
    with gr.Row():
        button = wording.make(gr.Button, value="_draw_button", variant="primary")
        imagine = wording.make(gr.Button, value="_imagine")
    pictures = wording.make(
        gr.Gallery, label="_pictures", columns=4, height="auto", elem_id="pictures"
    )

    @one_line
    def draw(name, caption, seed, number):
        seed = as_seed(seed)
        captions, seeds = [caption] * number, range(seed, seed + number)
        with library.lock:
            images = library.open(name).draw(captions, seeds)
        words = [f"{caption} ({seed})" for seed in seeds]
        return list(zip(map(enlarge, images), words, strict=True))

    @one_line
    def draw_imagined(name, seed, number):
        seed = as_seed(seed)
        with library.lock:
            model = library.open(name)
            captions = model.imagine(number, seed)
            images = model.draw(captions, range(seed, seed + number))
        return list(zip(map(enlarge, images), captions, strict=True))

    one_queue = {"outputs": pictures, "concurrency_id": "model"}
    inputs = [model, caption, seed, number]
    gr.on([button.click, caption.submit], draw, inputs, **one_queue)
    imagine.click(draw_imagined, [model, seed, number], **one_queue)
