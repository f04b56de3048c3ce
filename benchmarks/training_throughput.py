"""Times GAN training: this package, the same in PyTorch, and Keras's example pattern.

Run: python benchmarks/training_throughput.py [--rounds 5] [--table]

At 64 pixels, batch 64, base channels 16: (a) this package's `fit`; (b) the same
networks, losses and optimizers in PyTorch, every variant of float32 or bfloat16,
contiguous or channels_last, eager or compiled; (c) the pattern of Keras's GAN examples
on the same networks. Each is a process of its own that waits while another one is
timed, a few seconds at a time in turn (A B C A B C), data pipelines running. Prints one
line of JSON: images a second (median of the rounds), the ratios of medians, the FLOPs
an image counted from the graph, and the share of the machine's own bfloat16 rate of
matrix products, measured in the same run. (b) needs torch
(2.13) and is left out without it. `--table` prints instead how (a) grows with size and
batch.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from workers import Worker, answer

SETTINGS = {
    "image_size": 64,
    "batch_size": 64,
    "base_channels": 16,
    "generator_channels": [128, 128, 64, 32],
    "discriminator_channels": [128, 128, 64],
    "text_dim": 256,
    "vocabulary": 512,
}
SECONDS = 4.0


def make_arrays(settings, number=4096, length=20):
    """Return images, sentence vectors and tokens of the sizes that training meets."""
    rng = np.random.default_rng(0)
    side, vocabulary = settings["image_size"], settings["vocabulary"]
    tokens = rng.integers(0, vocabulary, (number, length), dtype=np.int32)
    present = np.zeros((number, vocabulary), "float32")
    np.put_along_axis(present, tokens.astype("int64"), 1.0, axis=1)
    return {
        "images": rng.integers(0, 256, (number, side, side, 3), dtype=np.uint8),
        "text": rng.normal(size=(number, settings["text_dim"])).astype("float32"),
        "tokens": tokens,
        "present": present,
        "bank": rng.normal(size=(1024, settings["text_dim"])).astype("float32"),
    }


def torch_variants():
    """Return the ways PyTorch can run the step."""
    from throughput.pytorch_gan import Variant

    plain = [
        Variant(bfloat16, channels_last, compiled)
        for bfloat16 in (False, True)
        for channels_last in (False, True)
        for compiled in (False, True)
    ]
    one_pass = [
        Variant(True, True, compiled, one_pass=True) for compiled in (False, True)
    ]
    return plain + one_pass


def make_trainer(kind, settings):
    """Build one contestant by its name."""
    arrays = make_arrays(settings)
    if kind == "package":
        from throughput.package_gan import Trainer
    elif kind == "keras example":
        from throughput.keras_example import Trainer
    else:
        from throughput import pytorch_gan

        (variant,) = [v for v in torch_variants() if f"torch {v.name}" == kind]
        return pytorch_gan.Trainer(variant, settings, arrays)
    return Trainer(settings, arrays)


def timed_steps(trainer, steps):
    """Run steps and return their seconds, as the trainer or the clock says."""
    started = time.perf_counter()
    seconds = trainer.train(steps)
    return seconds or time.perf_counter() - started


def work(kind, settings):
    """Be a worker: warm up, then run as many seconds as each line of input says."""
    if kind == "matrix product":
        # A process of its own: the package has threads as suit its step.
        from throughput.package_gan import gemm_rate

        answer({})
        for _ in sys.stdin:
            answer({"rate": gemm_rate()})
        return
    trainer = make_trainer(kind, settings)
    timed_steps(trainer, 5)
    per_step = timed_steps(trainer, 10) / 10
    facts = {"parameters": trainer.parameters()}
    if kind == "package":
        from throughput.package_gan import flops_per_image

        facts["flops_per_image"] = flops_per_image(trainer)
    answer(facts)
    for line in sys.stdin:
        steps = max(5, round(float(line) / per_step))
        per_step = timed_steps(trainer, steps) / steps
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        answer({"speed": settings["batch_size"] / per_step, "peak_mb": round(peak)})


def say(text):
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def compare(rounds):
    """Time all contestants in turn and return the figures."""
    kinds = ["package", "keras example"]
    try:
        import torch

        kinds += [f"torch {variant.name}" for variant in torch_variants()]
        say(f"torch {torch.__version__}")
    except ImportError:
        say("torch is not installed: (b) is left out")
    workers, left_out = [], []
    for kind in kinds:
        say(f"starting: {kind}")
        try:
            workers.append(Worker(__file__, kind, SETTINGS))
        except RuntimeError as error:
            # Whether `torch.compile` works depends on the machine.
            if "compiled" not in kind:
                raise
            left_out.append(kind)
            say(f"left out: {error}")
    counts = {worker.facts["parameters"] for worker in workers}
    if len(counts) > 1:
        raise RuntimeError(f"The networks differ: {counts} weights")
    gemm, machine = [], Worker(__file__, "matrix product", SETTINGS)
    for index in range(rounds):
        gemm.append(machine.ask("go")["rate"])
        for worker in workers:
            worker.speeds.append(worker.ask(SECONDS)["speed"])
        say(f"round {index + 1} of {rounds}")
    for worker in [*workers, machine]:
        worker.close()
    speeds = {w.kind: statistics.median(w.speeds) for w in workers}
    flops = workers[0].facts["flops_per_image"]
    package, example = speeds["package"], speeds["keras example"]
    others = [speed for kind, speed in speeds.items() if kind.startswith("torch")]
    return {
        "images_per_second": {kind: round(speed) for kind, speed in speeds.items()},
        "left_out": left_out,
        "times_best_torch": round(package / max(others), 2) if others else None,
        "times_keras_example": round(package / example, 2),
        "weights": counts.pop(),
        "gflop_per_image": round(flops / 1e9, 3),
        "gflop_per_second": round(package * flops / 1e9),
        "bfloat16_gemm_gflop_per_second": round(statistics.median(gemm) / 1e9),
        "share_of_gemm": round(package * flops / statistics.median(gemm), 3),
    }


def grow():
    """Time the package over sizes and batches, each in a process of its own."""
    rows = []
    for image_size in (32, 64, 128, 256):
        for batch_size in (16, 32, 64, 128):
            sizes = {"image_size": image_size, "batch_size": batch_size}
            worker = Worker(__file__, "package", {**SETTINGS, **sizes})
            figures = worker.ask(SECONDS)
            worker.close()
            flops = worker.facts["flops_per_image"]
            row = {
                **sizes,
                "images_per_second": round(figures["speed"]),
                "gflop_per_image": round(flops / 1e9, 2),
                "gflop_per_second": round(figures["speed"] * flops / 1e9),
                "peak_mb": figures["peak_mb"],
            }
            say(json.dumps(row))
            rows.append(row)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--settings", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, json.loads(options.settings))
    else:
        print(json.dumps(grow() if options.table else compare(options.rounds)))
