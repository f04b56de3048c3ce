"""The tab on which one talks with a model."""

import pathlib
import tempfile

import gradio as gr
from PIL import Image

from aigc_keras.studio.handling import as_seed, enlarge, one_line, read_upload


class Talk:
    """One person's conversation, from the first sentence on.

    Args:
        dialogue: `VisualDialogue`.
        folder: Path of a folder for the pictures of the conversation.
    """

    def __init__(self, dialogue, folder):
        self.dialogue = dialogue
        self.folder = pathlib.Path(folder)
        self.messages = []
        self.file = None
        self._number = 0

    def hear(self, said, answer):
        """Write down what was said and what came back.

        Args:
            said: str or None, the sentence.
            answer: Function that returns an `Answer`.
        """
        before = self.dialogue.image
        answer = answer()
        if said is not None:
            self.messages.append({"role": "user", "content": said})
        self.messages.append({"role": "assistant", "content": answer.text})
        if answer.image is not None and answer.image is not before:
            content = {"path": self._write(answer.image)}
            self.messages.append({"role": "assistant", "content": content})

    def variations(self):
        """Return the pictures that may be chosen, enlarged."""
        return [enlarge(picture.image) for picture in self.dialogue.variations]

    def _write(self, image):
        self._number += 1
        path = self.folder / f"{self._number:04d}.png"
        Image.fromarray(enlarge(image)).save(path)
        self.file = str(path)
        return self.file


def add_talk(library, wording):
    """Add the tab's components and what they do.

    Args:
        library: `Library`.
        wording: `Wording`.
    """
    names = library.names_with("dialogue_reader")
    with gr.Row():
        model = wording.make(
            gr.Dropdown, names, value=names[0] if names else None, label="_model"
        )
        seed = wording.make(gr.Number, value=0, label="_seed", precision=0, minimum=0)
    chatbot = wording.make(
        gr.Chatbot,
        label="_conversation",
        height=480,
        buttons=["copy_all"],
        elem_id="conversation",
    )
    with gr.Row():
        sentence = wording.make(
            gr.Textbox,
            label="_say",
            placeholder="_say_hint",
            scale=5,
            max_lines=1,
            autofocus=True,
            elem_id="sentence",
        )
        send = wording.make(gr.Button, value="_send", variant="primary", min_width=80)
    with gr.Row():
        buttons = {
            name: wording.make(gr.Button, value=f"_{name}", size="sm", min_width=80)
            for name in ("undo", "redo", "more")
        }
        restart = wording.make(gr.Button, value="_restart", size="sm", min_width=80)
        upload = wording.make(
            gr.UploadButton,
            label="_upload",
            file_types=["image"],
            size="sm",
            elem_id="talk_upload",
        )
    variations = wording.make(
        gr.Gallery,
        label="_variations",
        visible=False,
        columns=4,
        allow_preview=False,
        elem_id="variations",
    )
    file = wording.make(gr.File, label="_file", visible=False, interactive=False)
    talk = gr.State(None)
    outputs = [talk, chatbot, variations, file, sentence]

    def take(act):
        """Return a handler; `act(talk, argument)` returns what was said, and how."""

        @one_line
        def handler(talk, name, seed, argument=None):
            with library.lock:
                if talk is None:
                    dialogue = library.open(name).converse(as_seed(seed))
                    talk = Talk(dialogue, tempfile.mkdtemp(prefix="studio"))
                talk.hear(*act(talk, argument))
            shown = talk.variations()
            return (
                talk,
                talk.messages,
                gr.Gallery(shown, visible=bool(shown), selected_index=None),
                gr.File(talk.file, visible=talk.file is not None),
                "",
            )

        return handler

    def say(talk, said):
        return said, lambda: talk.dialogue.say(said)

    def look(talk, path):
        picture = read_upload(path)
        return None, lambda: talk.dialogue.show(picture)

    def step(name):
        return lambda talk, _: (None, getattr(talk.dialogue, name))

    choose = take(lambda talk, n: (None, lambda: talk.dialogue.choose(n)))

    def chosen(talk, name, seed, event: gr.SelectData):
        return choose(talk, name, seed, event.index + 1)

    inputs = [talk, model, seed]
    one_queue = {"outputs": outputs, "concurrency_id": "model"}
    gr.on([sentence.submit, send.click], take(say), [*inputs, sentence], **one_queue)
    for name, button in buttons.items():
        button.click(take(step(name)), inputs, **one_queue)
    upload.upload(take(look), [*inputs, upload], **one_queue)
    variations.select(chosen, inputs, **one_queue)
    gr.on([restart.click, model.change], _forget, None, outputs)
    seed.change(_reseed(library), [talk, seed], outputs[:2], concurrency_id="model")


def _forget():
    return None, [], gr.Gallery([], visible=False), gr.File(None, visible=False), ""


def _reseed(library):
    @one_line
    def handler(talk, seed):
        if talk is None:
            return gr.skip()
        with library.lock:
            talk.hear(None, lambda: talk.dialogue.reseed(as_seed(seed)))
        return talk, talk.messages

    return handler
