"""The tab on which runs are started, watched, stopped and resumed."""

import pathlib

import gradio as gr
import pandas as pd

from aigc_keras.datasets.registry import SOURCES
from aigc_keras.models.presets import PRESETS, default_preset
from aigc_keras.studio.handling import one_line
from aigc_keras.studio.training_process import TrainingProcess
from aigc_keras.training import RunFolder

SECONDS = 2
RUNS = "saved_models/runs"
LOSSES = ("generator_loss", "discriminator_loss", "generator_adversarial")
ALIGNMENT = ("judge_matching", "discriminator_matching")
MOST_STEPS = 1_000_000
# More points than a curve has room for.
MOST_POINTS = 300


def add_train(wording, process=None):
    """Add the tab's components and what they do.

    Args:
        wording: `Wording`.
        process: `TrainingProcess`, or None for a new one.
    """
    process = process or TrainingProcess()
    with gr.Row():
        dataset = wording.make(
            gr.Dropdown,
            list(SOURCES),
            value="shapes",
            label="_dataset",
            allow_custom_value=True,
        )
        data_dir = wording.make(gr.Textbox, label="_data_dir", elem_id="data_dir")
        preset = wording.make(
            gr.Dropdown, list(PRESETS), value="shapes_64", label="_preset"
        )
    dataset.change(
        # Emptied, it is None.
        lambda name: default_preset(name or ""),
        dataset,
        preset,
        show_progress="hidden",
    )
    with gr.Row():
        steps = wording.make(
            gr.Number, value=3000, label="_steps", precision=0, elem_id="steps"
        )
        run = wording.make(
            gr.Textbox, value=f"{RUNS}/studio", label="_run", elem_id="run"
        )
    with gr.Row():
        start = wording.make(gr.Button, value="_start", variant="primary")
        stop = wording.make(gr.Button, value="_stop", variant="stop")
        watch = wording.make(gr.Button, value="_watch")
    state = wording.make(gr.Textbox, label="_state", interactive=False, elem_id="state")
    with gr.Row():
        curves = {"x": "step", "y": "value", "color": "name", "height": 340}
        losses = wording.make(gr.LinePlot, label="_losses", **curves)
        alignment = wording.make(gr.LinePlot, label="_alignment", **curves)
    samples = wording.make(
        gr.Image,
        label="_samples",
        interactive=False,
        buttons=["download", "fullscreen"],
        elem_id="samples",
    )

    def look(path):
        """Return what there is to see of a run."""
        folder = RunFolder(_checked(path))
        entries = folder.read_metrics()
        grids = sorted(folder.samples_path.glob("step_*.png"), key=_step)
        shown = str(grids[-1]) if grids else None
        tables = [as_table(entries, names) for names in (LOSSES, ALIGNMENT)]
        return process.state(path), *tables, shown

    @one_line
    def begin(path, dataset, data_dir, preset, steps):
        if not steps or not 1 <= steps <= MOST_STEPS:
            raise ValueError(
                f"Steps must be from 1 to {MOST_STEPS:,}. Received: {steps}"
            )
        if data_dir and not pathlib.Path(data_dir).is_dir():
            raise ValueError(f"There must be such a folder. Received: {data_dir}")
        process.start(_checked(path), dataset, preset, int(steps), data_dir)
        return look(path)

    @one_line
    def end(path):
        process.stop()
        return look(path)

    outputs = [state, losses, alignment, samples]
    start.click(begin, [run, dataset, data_dir, preset, steps], outputs)
    stop.click(end, run, outputs)
    watch.click(one_line(look), run, outputs)

    # Whether the run was going at the last tick: one look comes after its end.
    was_going = gr.State(False)

    def tick(path, was_going):
        going = process.running == (path or "").strip()
        if not going and not was_going:
            return False, *(gr.skip(),) * len(outputs)
        return going, *look(path)

    gr.Timer(SECONDS).tick(
        tick, [run, was_going], [was_going, *outputs], show_progress="hidden"
    )


def as_table(entries, names):
    """Return logged numbers as a table for a plot.

    Args:
        entries: List of dicts, lines of `metrics.jsonl`.
        names: Sequence of str, which numbers.

    Returns:
        `pandas.DataFrame` with the columns `step`, `value` and `name`, at most
        `MOST_POINTS` rows a name; None where there are none, because Gradio keeps the
        colours of the first table that it is given.
    """
    every = max(1, len(entries) // MOST_POINTS)
    rows = [
        (entry["step"], entry[name], name)
        for entry in entries[::every]
        for name in names
        if name in entry
    ]
    return pd.DataFrame(rows, columns=["step", "value", "name"]) if rows else None


def _checked(path):
    if not path or not path.strip():
        raise ValueError("A run needs a folder. Received: none")
    return path.strip()


def _step(path):
    return int(path.stem.removeprefix("step_"))
