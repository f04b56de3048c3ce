"""Times writing and reading with GPT-2: this package and Hugging Face transformers.

Run: python benchmarks/language.py [--rounds 5] [--sizes small base]

Greedy caption decoding, tokens a second, batch 1 and 32, and embedding, captions a
second, batch 256 (base: 32), 32 tokens each, float32, the same weights. `small` is the
GPT-2 that the package trains itself, `base` OpenAI's smallest. The package's time has
the image encoder in it, the other's has not. Each is a process of its own that waits
while another one is timed, in turn. Prints one line of JSON: medians, their ratios, and
the largest difference of the logits. Needs torch and transformers.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from workers import Worker, answer

SIZES = {
    "small": {"layers": 2, "heads": 4, "width": 128, "vocabulary": 512},
    "base": {"layers": 12, "heads": 12, "width": 768, "vocabulary": 50257},
}
SECONDS = 3.0
JOBS = {
    "small": ("caption 1", "caption 32", "embed 256"),
    "base": ("caption 1", "caption 32", "embed 32"),
}


def work(kind, settings):
    """Be a worker: warm up, then do the job of each line for some seconds."""
    if kind == "package":
        from writing.package_gpt2 import Writer
    else:
        from writing.transformers_gpt2 import Writer
    writer = Writer(settings, settings["weights"])
    answer({"difference": getattr(writer, "difference", 0.0)})
    for line in sys.stdin:
        name, batch = line.split()
        job = getattr(writer, name)
        job(int(batch))
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < SECONDS:
            done += job(int(batch))
        answer({"speed": done / (time.perf_counter() - started)})


def compare(size, rounds):
    """Time both in turn at one size and return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {**SIZES[size], "length": 32, "weights": f"{folder}/weights.npz"}
        workers = [Worker(__file__, k, settings) for k in ("package", "transformers")]
        speeds = {job: {worker.kind: [] for worker in workers} for job in JOBS[size]}
        for _ in range(rounds):
            for job, by_kind in speeds.items():
                for worker in workers:
                    by_kind[worker.kind].append(worker.ask(job)["speed"])
        for worker in workers:
            worker.close()
    figures = {"logits_differ_by": workers[1].facts["difference"]}
    for job, by_kind in speeds.items():
        medians = {kind: statistics.median(all_) for kind, all_ in by_kind.items()}
        figures[job] = {
            **{kind: round(speed, 1) for kind, speed in medians.items()},
            "ratio": round(medians["package"] / medians["transformers"], 2),
        }
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", nargs="*", choices=sorted(SIZES), default=["small"])
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--settings", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, json.loads(options.settings))
    else:
        results = {size: compare(size, options.rounds) for size in options.sizes}
        print(json.dumps(results))
