"""One process and two on the same machine, at the same global batch.

Run: python benchmarks/scaling.py [--batch-sizes 16 32 64] [--steps 40] [--rounds 3]

The networks of `shapes_64` learn random pictures through `gan.fit`, in turn: in one
process that uses all cores, at each batch size; and, at the largest, in two, each on a
thread of its own, which exchange their gradients over the loopback as
`train --workers 2` does.

Prints one line of JSON: medians of the seconds a step; images a second of two processes
as a share of one's, of each round; and a model of more machines. The model is no
measurement: a machine's time is a line through those of the batch sizes, and a ring
passes on `2 (N - 1) / N` of the gradients' bytes at the network's rate (Patarasuk and
Yuan, 2009), nothing of which is hidden behind arithmetic.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

WARM_UP = 10
SIDE, LENGTH, TEXT_DIM, VOCABULARY = 64, 24, 256, 512
GIGABITS = (1, 10, 100)
MACHINES = (1, 2, 4, 8)


def work(batch_size, steps):
    """Train in this process, one of several if `TF_CONFIG` says so, and print."""
    import keras

    from aigc_keras.models import replicas
    from aigc_keras.training.distribution import strategy

    several = "TF_CONFIG" in os.environ
    place = strategy("multi_worker" if several else "none")
    keras.utils.set_random_seed(0)
    if place is None:
        gan = make_gan()
    else:
        with place.scope():
            gan = make_gan()
    data, table = make_data(batch_size)
    batches = replicas.distribute(
        lambda *share: data.training_batches(table, batch_size, 0, 0, None, share),
        replicas.strategy_of(gan),
    )
    gan.fit(batches, steps_per_epoch=WARM_UP, verbose=0)
    started = time.perf_counter()
    gan.fit(batches, steps_per_epoch=steps, verbose=0)
    seconds = (time.perf_counter() - started) / steps
    networks = gan.generator, gan.discriminator, gan.noise_encoder
    gradients = sum(
        int(np.prod(weight.shape))
        for network in networks
        for weight in network.trainable_weights
    )
    print(json.dumps({"seconds": seconds, "bytes": 4 * gradients}), flush=True)


def make_gan():
    """Return the model of the preset `shapes_64`, compiled."""
    import aigc_keras as aigc

    gan = aigc.TextToImageGAN.from_preset("shapes_64", None)
    gan.compile(jit_compile=False)
    return gan


def make_data(batch_size):
    """Return random pictures and what a text encoder may have made of captions."""
    from aigc_keras.datasets.pipeline import CaptionedDataset, CaptionTable

    rng = np.random.default_rng(0)
    number = 1024
    images = rng.integers(0, 255, (number, SIDE, SIDE, 3), "uint8")
    data = CaptionedDataset("random", "train", images, [["a"]] * number, batch_size)
    table = CaptionTable(
        rng.integers(0, VOCABULARY, (number, LENGTH)).astype("int32"),
        np.ones((number, LENGTH), bool),
        rng.normal(size=(number, TEXT_DIM)).astype("float32"),
    )
    return data, table


def measure(who, batch_size, steps):
    """Return what a contestant's first process prints."""
    command = [sys.executable, __file__, "--work", str(batch_size)]
    command += ["--steps", str(steps)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if who == "two":
        threads = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
        environment |= threads
        launcher = "from aigc_keras.training.launcher import launch; import sys; "
        command = [sys.executable, "-c", launcher + "launch(sys.argv[1:], 2)", *command]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def model(seconds, number_of_bytes):
    """Return the modelled images a second of N machines, by the network's rate."""
    sizes = sorted(seconds)
    slope, start = np.polyfit(sizes, [seconds[size] for size in sizes], 1)
    batch = sizes[-1]
    table = {}
    for rate in GIGABITS:
        row = {}
        for number in MACHINES:
            passed = 2 * (number - 1) / number * number_of_bytes / (rate * 1e9 / 8)
            row[str(number)] = round(number * batch / (start + slope * batch + passed))
        table[f"{rate} Gbit/s"] = row
    return table


def main():
    """Measure in turn, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=int)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.steps)
        return
    largest = max(options.batch_sizes)
    found = {("one", size): [] for size in options.batch_sizes}
    found["two", largest] = []
    for _ in range(options.rounds):
        for (who, size), times in found.items():
            answer = measure(who, size, options.steps)
            times.append(answer["seconds"])
    medians = {key: statistics.median(times) for key, times in found.items()}
    one = {size: medians["one", size] for size in options.batch_sizes}
    pairs = zip(found["one", largest], found["two", largest], strict=True)
    result = {
        "seconds a step of one": {str(k): round(v, 3) for k, v in one.items()},
        "of two": {str(largest): round(medians["two", largest], 3)},
        "two to one, images/s": round(one[largest] / medians["two", largest], 3),
        "of each round": [round(a / b, 3) for a, b in pairs],
        "MB of gradients": round(answer["bytes"] / 1e6, 1),
        "model, images/s of N machines": model(one, answer["bytes"]),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
