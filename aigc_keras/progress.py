"""Progress bars with an ETA on stderr."""

import contextlib
import sys

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


@contextlib.contextmanager
def progress_bar(description):
    """Show a bar while a piece of work runs.

    Args:
        description: str. What is being done, a few words.

    Yields:
        Function `(done, total, note="")` that moves the bar.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    console = Console(file=sys.stderr)
    progress = Progress(*columns, console=console, refresh_per_second=2)
    task = progress.add_task(description, total=None, note="")

    def update(done, total, note=""):
        # Started late: work that turns out to be done already shows no bar.
        if not progress.live.is_started:
            progress.start()
        progress.update(task, completed=done, total=total, note=note)

    try:
        yield update
    finally:
        if progress.live.is_started:
            progress.stop()
