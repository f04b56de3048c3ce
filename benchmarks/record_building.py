"""Writing many pictures as records: how long it takes, and how much memory.

Run: python benchmarks/record_building.py [--images 100000] [--ways here pool beam]

Draws `shapes/single` pictures and writes them as sharded TFRecords, each way in a
process of its own: in that process, in a pool of one process a core, and through Apache
Beam's DirectRunner (the extra `beam`). Every fifth of a second the memory of the
process and its children is read (proportional set size: shared pages count once).
Prints a line of JSON a way: seconds, pictures a second, megabytes before the first
picture and at most.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import threading
import time


def memory_mb():
    """Return the memory of this process and its children, in MB."""
    total, waiting = 0, [os.getpid()]
    while waiting:
        process = waiting.pop()
        try:
            for task in pathlib.Path(f"/proc/{process}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
            text = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(s.split()[1]) for s in text.splitlines() if s[:4] == "Pss:")
    return total / 1000


def build(way, images):
    """Write the pictures in one way, and return what it took."""
    from aigc_keras.datasets import Options
    from aigc_keras.datasets.building import build_records
    from aigc_keras.datasets.shapes import shapes_dataset_builder

    shapes_dataset_builder.SPLITS = {"train": (images, False)}
    ways = {
        "here": {"processes": 1},
        "pool": {"processes": None},
        "beam": {"beam_runner": "DirectRunner"},
    }
    seen, ended = [memory_mb()], threading.Event()

    def watch():
        while not ended.wait(0.2):
            seen.append(memory_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        records = build_records("shapes", Options(prepared_dir=folder), **ways[way])
    seconds = time.perf_counter() - started
    ended.set()
    thread.join()
    return {
        "way": way,
        "images": records.splits["train"]["examples"],
        "seconds": round(seconds, 1),
        "images/s": round(images / seconds),
        "MB before": round(seen[0]),
        "MB at most": round(max(seen)),
    }


def main():
    """Measure each way in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--ways", nargs="+", default=["here", "pool", "beam"])
    options = parser.parse_args()
    if len(options.ways) == 1:
        print(json.dumps(build(options.ways[0], options.images)))
        return
    for way in options.ways:
        sys.stdout.flush()
        command = [sys.executable, __file__, "--images", str(options.images)]
        if os.spawnv(os.P_WAIT, sys.executable, [*command, "--ways", way]):
            sys.exit(f"`{way}` failed.")


if __name__ == "__main__":
    main()
