"""The tab on which two models draw the same caption."""

import gradio as gr

from aigc_keras.studio.handling import as_seed, enlarge, one_line

NUMBER = 4


def add_compare(library, wording):
    """Add the tab's components and what they do.

    Args:
        library: `Library`.
        wording: `Wording`.
    """
    names = library.names
    caption = wording.make(
        gr.Textbox, label="_caption", placeholder="_caption_hint", elem_id="both_draw"
    )
    seed = wording.make(gr.Number, value=0, label="_seed", precision=0, minimum=0)
    button = wording.make(gr.Button, value="_compare_button", variant="primary")
    models, galleries = [], []
    with gr.Row():
        for side, name in (("first", names[0]), ("second", names[-1])):
            with gr.Column(min_width=280):
                models.append(
                    wording.make(gr.Dropdown, names, value=name, label=f"_{side}")
                )
                gallery = wording.make(
                    gr.Gallery, label="_pictures", columns=2, elem_id=f"{side}_pictures"
                )
                galleries.append(gallery)

    @one_line
    def draw(caption, seed, *names):
        seed = as_seed(seed)
        seeds = range(seed, seed + NUMBER)
        with library.lock:
            drawn = [
                library.open(name).draw([caption] * NUMBER, seeds) for name in names
            ]
        return [
            [
                (enlarge(image), f"{seed}")
                for image, seed in zip(row, seeds, strict=True)
            ]
            for row in drawn
        ]

    gr.on(
        [button.click, caption.submit],
        draw,
        [caption, seed, *models],
        galleries,
        concurrency_id="model",
    )
