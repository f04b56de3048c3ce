"""The tab on which pictures are described and recognised."""

import gradio as gr

from aigc_keras.studio.handling import one_line, read_upload


def add_describe(library, wording, language):
    """Add the tab's components and what they do.

    Args:
        library: `Library`.
        wording: `Wording`.
        language: Gradio component whose value is the page's language.
    """
    model = wording.make(
        gr.Dropdown, library.names, value=library.names[0], label="_model"
    )
    with gr.Row():
        picture = wording.make(
            gr.Image,
            label="_picture",
            type="filepath",
            sources=["upload", "clipboard"],
            height=320,
            elem_id="to_describe",
        )
        with gr.Column():
            describe = wording.make(
                gr.Button, value="_describe_button", variant="primary"
            )
            description = wording.make(
                gr.Textbox,
                label="_description",
                interactive=False,
                elem_id="description",
            )
            labels = wording.make(
                gr.Textbox, label="_labels", placeholder="_labels_hint"
            )
            recognize = wording.make(gr.Button, value="_recognize_button")
            likeliest = wording.make(
                gr.Label, label="_likeliest", num_top_classes=5, elem_id="likeliest"
            )
            realness = wording.make(
                gr.Number, label="_realness", interactive=False, elem_id="realness"
            )

    @one_line
    def describe_it(name, path, language):
        picture = read_upload(path)
        with library.lock:
            return library.open(name).describe(picture, language)

    @one_line
    def recognize_it(name, path, labels):
        picture = read_upload(path)
        choices = split_labels(labels)
        with library.lock:
            found, realness = library.open(name).recognize(picture, choices)
        return found, round(realness, 4)

    one_queue = {"concurrency_id": "model"}
    describe.click(describe_it, [model, picture, language], description, **one_queue)
    gr.on(
        [recognize.click, labels.submit],
        recognize_it,
        [model, picture, labels],
        [likeliest, realness],
        **one_queue,
    )


def split_labels(text):
    """Return the captions of a list with commas between, Chinese ones too."""
    labels = (text or "").replace("\uff0c", ",").split(",")
    return [label.strip() for label in labels if label.strip()]
