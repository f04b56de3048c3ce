"""Draws charts as SVG."""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure

STEP = "step"
COLUMNS = 3
FEW_CLASSES = 12


def draw_curves(history):
    """Return small charts of everything that was logged, one each.

    Args:
        history: Sequence of dicts with `step` and floats; not every one holds every
            name.

    Returns:
        str, SVG markup.
    """
    names = sorted({name for entry in history for name in entry} - {STEP})
    names = [name for name in names if _is_number(history, name)]
    rows = -(-len(names) // COLUMNS)
    figure = Figure(figsize=(4 * COLUMNS, 2.4 * rows), layout="constrained")
    for place, name in enumerate(names):
        entries = [entry for entry in history if name in entry]
        axes = figure.add_subplot(rows, COLUMNS, place + 1)
        axes.plot([e[STEP] for e in entries], [e[name] for e in entries], linewidth=1)
        axes.set_title(name, fontsize=9)
        axes.tick_params(labelsize=7)
        axes.grid(alpha=0.3)
    return _svg(figure)


def draw_confusion(matrix, row_names, column_names):
    """Return a confusion matrix.

    Args:
        matrix: int array `(rows, columns)`.
        row_names: List of str.
        column_names: List of str.

    Returns:
        str, SVG markup.
    """
    # Of many classes the matrix grows, and zeros would hide the rest.
    side = max(4.2, 0.24 * len(row_names))
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.add_subplot()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    few = len(column_names) <= FEW_CLASSES
    turned = 45 if few else 90
    axes.set_xticks(range(len(column_names)), column_names, rotation=turned, fontsize=8)
    axes.set_yticks(range(len(row_names)), row_names, fontsize=8)
    for (row, column), number in np.ndenumerate(matrix):
        if not number and len(row_names) > FEW_CLASSES:
            continue
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(
            column, row, number, ha="center", va="center", color=colour, fontsize=8
        )
    return _svg(figure)


def _is_number(history, name):
    values = [entry[name] for entry in history if name in entry]
    return all(isinstance(value, int | float) for value in values)


def _svg(figure):
    buffer = io.StringIO()
    # Text stays text; and the same figures give the same file.
    settings = {"svg.fonttype": "none", "svg.hashsalt": "aigc_keras"}
    with matplotlib.rc_context(settings):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
