"""Contestants of a benchmark: processes of their own that wait for their turn."""

import json
import subprocess
import sys


def answer(values):
    """Send a line to the driver."""
    print("ANSWER " + json.dumps(values), flush=True)


class Worker:
    """A contestant's process, started from a benchmark's own script.

    Args:
        script: Path of the benchmark.
        kind: str. The contestant's name, given as `--work`.
        settings: Dict, given as `--settings` in JSON.
    """

    def __init__(self, script, kind, settings):
        self.kind, self.speeds = kind, []
        self.process = subprocess.Popen(
            [sys.executable, script, "--work", kind, "--settings"]
            + [json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.facts = self.read()

    def read(self):
        """Return the worker's next answer."""
        for line in self.process.stdout:
            if line.startswith("ANSWER "):
                return json.loads(line.removeprefix("ANSWER "))
        raise RuntimeError(f"{self.kind}: the worker ended; run it with --work to see")

    def ask(self, line):
        """Send a line and return the answer."""
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()
