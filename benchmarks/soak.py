"""Trains for hours, and watches memory and the time of a step.

Run: python benchmarks/soak.py [--minutes 120] [--data data] [--log soak.jsonl]

`aigc-keras train` on `shapes` at 64 pixels, its grids and checkpoints as ever. Each
minute a line goes to the log: the process's resident memory, the steps done, the
processor time it has used, and the processor time of a fixed piece of arithmetic just
then. A step's processor time in units of that piece tells a slower program from a
machine that is slower or has other work.

Prints one line of JSON: of each tenth of the time after the first the medians, and how
they differ: memory of the last against the second tenth, a step's cost in the second
half against the first, beside the spread (p10 to p90) of single minutes within a tenth,
which is the machine's.
"""

import os

# Before NumPy: the piece of arithmetic runs in one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

MB = 1e6 / os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def reference_seconds():
    """Return the processor time of a fixed piece: products, and a walk over memory."""
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((512, 512), np.float32)
    memory = rng.standard_normal(8_000_000, np.float32)
    started = time.process_time()
    for _ in range(60):
        np.tanh(matrix @ matrix)
        np.multiply(memory, 1.0001, out=memory)
    return time.process_time() - started


def used_seconds(process):
    """Return the processor time that a process has used."""
    text = pathlib.Path(f"/proc/{process.pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def last_step(run):
    """Return the newest step in a run's log, 0 before the first line."""
    try:
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    steps = [json.loads(line).get("step", 0) for line in lines[-3:] if line[-1:] == "}"]
    return max(steps, default=0)


def watch(process, run, minutes, log):
    """Return what the log says of each minute of training."""
    found = []
    while not last_step(run) and process.poll() is None:
        time.sleep(1)
    started = time.monotonic()
    while time.monotonic() - started < 60 * minutes and process.poll() is None:
        time.sleep(60)
        pages = pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[1]
        line = {
            "seconds": round(time.monotonic() - started, 1),
            "MB": round(int(pages) / MB, 1),
            "step": last_step(run),
            "used": used_seconds(process),
            "reference": round(reference_seconds(), 3),
        }
        found.append(line)
        with log.open("a") as file:
            file.write(json.dumps(line) + "\n")
    return found


def summarise(lines):
    """Return the figures of a soak; see the module."""
    pairs = list(zip(lines, lines[1:], strict=False))
    rates = [(b["step"] - a["step"]) / (b["seconds"] - a["seconds"]) for a, b in pairs]
    costs = [(b["used"] - a["used"]) / (b["step"] - a["step"]) for a, b in pairs]
    pieces = [(a["reference"] + b["reference"]) / 2 for a, b in pairs]
    relative = [cost / piece for cost, piece in zip(costs, pieces, strict=True)]
    memory = [line["MB"] for line in lines[1:]]
    size = max(1, len(rates) // 10)
    places = [slice(start, start + size) for start in range(0, size * 10, size)][1:]

    def tenths(values, digits):
        return [round(statistics.median(values[place]), digits) for place in places]

    spreads = []
    for place in places:
        if len(relative[place]) > 1:
            parts = statistics.quantiles(relative[place], n=10)
            middle = statistics.median(relative[place])
            spreads.append(100 * (parts[-1] - parts[0]) / middle)
    half = (size + len(relative)) // 2
    halves = statistics.median(relative[size:half]), statistics.median(relative[half:])
    megabytes = tenths(memory, 1)
    return {
        "minutes": round(lines[-1]["seconds"] / 60, 1),
        "steps": lines[-1]["step"],
        "MB of each tenth": megabytes,
        "memory, last against second, %": round(
            100 * (megabytes[-1] / megabytes[0] - 1), 2
        ),
        "steps/s of each tenth": tenths(rates, 2),
        "processor seconds a step": tenths(costs, 3),
        "the fixed piece": tenths(pieces, 3),
        "their ratio": tenths(relative, 3),
        "ratio, second half against first, %": round(
            100 * (halves[1] / halves[0] - 1), 1
        ),
        "spread of minutes within a tenth, %": round(statistics.median(spreads), 1),
    }


def main():
    """Train, watch, stop, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--data", default="data")
    parser.add_argument("--log", type=pathlib.Path, default=pathlib.Path("soak.jsonl"))
    options = parser.parse_args()
    options.log.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        run = pathlib.Path(scratch) / "run"
        command = [sys.executable, "-c", "from aigc_keras.cli.app import main; main()"]
        command += ["train", "--dataset", "shapes", "--run", str(run), "--steps"]
        command += ["1000000", "--image-size", "64", "--prepared-dir", options.data]
        command += ["--matching-steps", "200", "--reading-steps", "100"]
        command += ["--log-every", "5"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                lines = watch(process, run, options.minutes, options.log)
                if process.poll() is not None:
                    sys.exit(f"The training ended by itself, with {process.poll()}.")
            finally:
                process.send_signal(signal.SIGINT)
        print(json.dumps(summarise(lines)))


if __name__ == "__main__":
    main()
