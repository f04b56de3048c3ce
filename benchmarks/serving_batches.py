"""Which batches suit a served `shapes_64`: rows, threads and waiting time.

Run: python benchmarks/serving_batches.py [--seconds 3] [--rounds 3]

Clients that each ask the signature `generate_png` for one new caption after the other
through a `Batcher`, in one process, without HTTP; settings in turn. Prints one line of
JSON: captions a second of each setting, the median of the rounds, by clients, and of
calls of the signature alone with 1 and with 64 captions. What is best is the default of
`aigc_keras.serving.batching.Batcher` and of the `batching.config` for TensorFlow
Serving, whose scheduler has the same three settings.
"""

import argparse
import collections
import concurrent.futures
import itertools
import json
import os
import random
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from serving import new_request

CLIENTS = (1, 8, 32, 64)
ROWS, THREADS, WAITS = (8, 16, 32, 64), (1, 2), (0.002,)
# One thing changed at a time.
MORE = ((32, 2, 0.0), (32, 2, 0.005), (32, 3, 0.002), (1, 2, 0.002))


def columns_of(requests):
    """Return captions and seeds as a call takes them."""
    captions, seeds = zip(*requests, strict=True)
    return {"caption": [one.encode() for one in captions], "seed": list(seeds)}


def rate(batcher, clients, seconds):
    """Return the captions a second that several clients get."""
    until = time.perf_counter() + seconds

    def work(number):
        rng, done = random.Random(f"{number}/{until}"), 0
        while time.perf_counter() < until:
            batcher.submit(columns_of([new_request(rng)])).result()
            done += 1
        return done

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(work, range(clients))) / seconds


def rate_of_calls(call, rows, seconds):
    """Return the captions a second of one call after the other."""
    rng, done = random.Random(rows), 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        call(columns_of([new_request(rng) for _ in range(rows)]))
        done += rows
    return done / (time.perf_counter() - started)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    from aigc_keras.models import TextToImageGAN
    from aigc_keras.serving import export
    from aigc_keras.serving.batching import Batcher
    from aigc_keras.serving.versions import LoadedVersion

    with tempfile.TemporaryDirectory() as scratch:
        folder = export(TextToImageGAN.from_preset("shapes_64"), f"{scratch}/shapes_64")
        version = LoadedVersion(folder)
        call = version.caller("generate_png")
        for rows in (1, 3, 8, 20, 64):
            rate_of_calls(call, rows, 0.5)
        found = collections.defaultdict(list)
        for _ in range(options.rounds):
            for rows in (1, 64):
                key = f"calls of {rows}"
                found[key].append(rate_of_calls(call, rows, options.seconds))
            for rows, threads, wait in (
                *itertools.product(ROWS, THREADS, WAITS),
                *MORE,
            ):
                batcher = Batcher(call, rows, wait_seconds=wait, threads=threads)
                for clients in CLIENTS:
                    key = (
                        f"{rows} rows, {threads} threads, {1e3 * wait:g} ms, {clients}"
                    )
                    found[key].append(rate(batcher, clients, options.seconds))
                batcher.close()
        print(
            json.dumps({key: round(statistics.median(v)) for key, v in found.items()})
        )
