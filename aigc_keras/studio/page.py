"""The whole page."""

import gradio as gr

from aigc_keras.studio.change_tab import add_change
from aigc_keras.studio.compare_tab import add_compare
from aigc_keras.studio.describe_tab import add_describe
from aigc_keras.studio.draw_tab import add_draw
from aigc_keras.studio.talk_tab import add_talk
from aigc_keras.studio.texts import LANGUAGES
from aigc_keras.studio.train_tab import add_train
from aigc_keras.studio.wording import Wording

# Fonts of the reader's own machine: nothing is fetched from elsewhere.
FONT = ("system-ui", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "sans-serif")
CSS = """
.gradio-container, .gradio-container main {
    width: 100% !important; max-width: 1100px !important; margin: auto;
}
img { image-rendering: pixelated; }
@media (max-width: 480px) { .gradio-container { padding: 4px !important; } }
"""
MAX_UPLOAD = "64mb"


def make_page(library, language="en", process=None):
    """Build the page.

    Args:
        library: `Library`.
        language: str, `"en"` or `"zh"`: the one it begins with.
        process: `TrainingProcess` of the tab Train, or None for a new one.

    Returns:
        `gradio.Blocks`; see `serve_page`.

    Raises:
        ValueError: If there is no such language.
    """
    wording = Wording(language)
    with gr.Blocks(title="aigc_keras studio", analytics_enabled=False) as page:
        with gr.Row():
            wording.make(gr.Markdown, value="_title")
            chosen = wording.make(
                gr.Radio,
                [(shown, name) for name, shown in LANGUAGES.items()],
                value=language,
                label="_language",
                elem_id="language",
            )
        tabs = {
            "talk": lambda: add_talk(library, wording),
            "draw": lambda: add_draw(library, wording),
            "change": lambda: add_change(library, wording),
            "describe": lambda: add_describe(library, wording, chosen),
            "train": lambda: add_train(wording, process),
            "compare": lambda: add_compare(library, wording),
        }
        with gr.Tabs():
            for name, add in tabs.items():
                with wording.make(gr.Tab, label=f"_{name}", id=name):
                    add()
        chosen.change(
            wording.change, chosen, wording.components, show_progress="hidden"
        )
    return page


def serve_page(page, port, **settings):
    """Serve the page to this machine alone.

    Args:
        page: `gradio.Blocks` by `make_page`.
        port: int.
        **settings: Passed to `launch`, such as `prevent_thread_lock`.

    Returns:
        What `launch` returns: the app, and the address.

    Raises:
        OSError: If the port is taken.
    """
    # Models answer one wish at a time.
    page.queue(default_concurrency_limit=1, max_size=32)
    theme = gr.themes.Default(font=FONT, font_mono=("monospace",))
    return page.launch(
        server_name="127.0.0.1",
        server_port=port,
        share=False,
        ssr_mode=False,
        max_file_size=MAX_UPLOAD,
        theme=theme,
        css=CSS,
        show_error=True,
        quiet=True,
        footer_links=[],
        **settings,
    )
