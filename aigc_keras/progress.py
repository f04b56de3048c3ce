"""Progress bars with an ETA on stderr."""

import contextlib
import sys
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# In a log, where a bar cannot move, a line is written so often.
SECONDS_BETWEEN_LINES = 30


@contextlib.contextmanager
def progress_bar(description):
    """Show a bar on a terminal, and now and then a line elsewhere, while work runs.

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
    started = written = time.monotonic()

    def update(done, total, note=""):
        # Started late: work that turns out to be done already shows no bar.
        if not progress.live.is_started:
            progress.start()
        progress.update(task, completed=done, total=total, note=note)
        nonlocal written
        now = time.monotonic()
        if not console.is_terminal and now - written >= SECONDS_BETWEEN_LINES:
            written = now
            left = (now - started) * (total - done) / max(done, 1)
            line = f"{description}: {done}/{total}, ETA {left:.0f} s {note}".rstrip()
            print(line, file=sys.stderr, flush=True)

    try:
        yield update
    finally:
        if progress.live.is_started:
            progress.stop()
