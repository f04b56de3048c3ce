"""Asks a served `shapes_64` for long, and watches its errors and its memory.

Run: python benchmarks/serving_endurance.py [--seconds 60] [--requests 10000]

`aigc-keras serve` with 32 clients that each ask for one caption after the other, every
caption with a new word in most cases. After a warm-up first for some seconds,
then for a number of requests. Prints one line of JSON: requests, errors, and the
server's resident memory in MB, before and after, and at each tenth of the requests.
"""

import argparse
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import random
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from serving import PORTS, ask, connect, running

CLIENTS = 32
WARM_UP_SECONDS = 20


def resident_mb(pid):
    """Return the resident memory of a process, in MB."""
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def press(more):
    """Let all clients ask while `more()` is true; return requests and errors."""

    def work(number):
        rng, done, errors = random.Random(f"{number}/{time.time()}"), 0, 0
        with contextlib.closing(connect("package")) as connection:
            while more():
                done += 1
                try:
                    ask(connection, "package", rng)
                except (OSError, http.client.HTTPException):
                    errors += 1
                    connection.close()
        return done, errors

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return [sum(one) for one in zip(*pool.map(work, range(CLIENTS)), strict=True)]


def press_for(seconds):
    """Press for some seconds; see `press`."""
    until = time.monotonic() + seconds
    return press(lambda: time.monotonic() < until)


def press_times(number):
    """Press for a number of requests; see `press`."""
    count = itertools.count(1)
    return press(lambda: next(count) <= number)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args()
    from aigc_keras.models import TextToImageGAN
    from aigc_keras.serving import export

    with tempfile.TemporaryDirectory() as scratch:
        folder = f"{scratch}/shapes_64"
        export(TextToImageGAN.from_preset("shapes_64"), folder)
        command = [sys.executable, "-c", "from aigc_keras.cli.app import main; main()"]
        command += ["serve", folder, "--port", str(PORTS["package"])]
        with running(command, f"http://127.0.0.1:{PORTS['package']}") as server:
            press_for(WARM_UP_SECONDS)
            before = resident_mb(server.pid)
            done, errors = press_for(options.seconds)
            result = {
                "seconds": options.seconds,
                "requests": done,
                "errors": errors,
                "MB before and after": [before, resident_mb(server.pid)],
            }
            memory = []
            for _ in range(10):
                more, wrong = press_times(options.requests // 10)
                result["requests"] += more
                result["errors"] += wrong
                memory.append(resident_mb(server.pid))
            print(json.dumps(result | {"MB at each tenth": memory}))
