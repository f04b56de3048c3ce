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
    written = time.monotonic()
    # When and where it began: work that is taken up again does not begin at zero.
    first = None

    def update(done, total, note=""):
        # Started late: work that turns out to be done already shows no bar.
        if not progress.live.is_started:
            progress.start()
        progress.update(task, completed=done, total=total, note=note)
        nonlocal written, first
        now = time.monotonic()
        first = first or (now, done)
        if not console.is_terminal and now - written >= SECONDS_BETWEEN_LINES:
            written = now
            left = "unknown"
            if done > first[1]:
                pace = (now - first[0]) / (done - first[1])
                left = f"{pace * (total - done):.0f} s"
            line = f"{description}: {done}/{total}, ETA {left} {note}".rstrip()
            print(line, file=sys.stderr, flush=True)

    try:
        yield update
    finally:
        if progress.live.is_started:
            progress.stop()
