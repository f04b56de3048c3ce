"""Trains for hours, and watches memory and the time of a step.

Run: python benchmarks/soak.py [--minutes 120] [--data data] [--log soak.jsonl]

`aigc-keras train` on `shapes` at 64 pixels, its grids and checkpoints as ever. Each
minute a line goes to the log: the process's resident memory and the steps done. Prints
one line of JSON: of each tenth of the time after the first the median memory and the
steps a second, and how they differ: memory of the last against the second tenth, speed
of the second half against the first, beside the spread (p10 to p90) of single minutes
within one tenth, which is the machine's.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MB = 1e6 / os.sysconf("SC_PAGE_SIZE")


def last_step(run):
    """Return the newest step in a run's log, 0 before the first line."""
    try:
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    steps = [json.loads(line).get("step", 0) for line in lines[-3:] if line[-1:] == "}"]
    return max(steps, default=0)


def watch(process, run, minutes, log):
    """Return the seconds, megabytes and steps of each minute of training."""
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
        }
        found.append(line)
        with log.open("a") as file:
            file.write(json.dumps(line) + "\n")
    return found


def summarise(lines):
    """Return the figures of a soak; see the module."""
    pairs = zip(lines, lines[1:], strict=False)
    rates = [(b["step"] - a["step"]) / (b["seconds"] - a["seconds"]) for a, b in pairs]
    memory = [line["MB"] for line in lines[1:]]
    size = max(1, len(rates) // 10)
    places = [slice(start, start + size) for start in range(0, size * 10, size)][1:]
    spreads = []
    for place in places:
        if len(rates[place]) > 1:
            tenths = statistics.quantiles(rates[place], n=10)
            middle = statistics.median(rates[place])
            spreads.append(100 * (tenths[-1] - tenths[0]) / middle)
    middle = (size + len(rates)) // 2
    halves = [statistics.median(rates[size:middle]), statistics.median(rates[middle:])]
    tenths = [statistics.median(memory[place]) for place in places]
    return {
        "minutes": round(lines[-1]["seconds"] / 60, 1),
        "steps": lines[-1]["step"],
        "MB of each tenth": [round(one) for one in tenths],
        "memory, last against second, %": round(100 * (tenths[-1] / tenths[0] - 1), 2),
        "steps/s of each tenth": [
            round(statistics.median(rates[place]), 2) for place in places
        ],
        "speed, second half against first, %": round(
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
