"""The memory and the time of a training step, plain and rematerialised.

Run: python benchmarks/step_memory.py [--image-size 128] [--batch-size 32] [--rounds 2]

Each in a process of its own, in turn: after a first step the resident memory is read
every hundredth of a second during a second one. Large blocks go back to the system at
once (`MALLOC_MMAP_THRESHOLD_`), so that the peak is that of what is in use. Prints one
line of JSON: megabytes above the memory before the step, and seconds, medians.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6
ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "262144",
    # Its own buffers are kept, and come and go with the processor.
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def resident_mb():
    """Return the resident memory of this process, in MB."""
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB


def measure(image_size, batch_size, base_channels, rematerialize):
    """Return the megabytes and the seconds of one step in this process."""
    import numpy as np
    import tensorflow as tf

    from aigc_keras.models import Discriminator, Generator, TextToImageGAN

    gan = TextToImageGAN(
        Generator(image_size, 256, 64, base_channels),
        Discriminator(image_size, 256, base_channels),
    )
    gan.compile(rematerialize=rematerialize, jit_compile=False)
    rng = np.random.default_rng(0)
    image = rng.uniform(-1, 1, (batch_size, image_size, image_size, 3))
    text = rng.normal(size=(batch_size, 256))
    batch = {"image": image, "text_embedding": text}
    batch = {key: tf.constant(value, tf.float32) for key, value in batch.items()}
    step = tf.function(gan.train_step)
    step(batch)
    seen, ended = [resident_mb()], threading.Event()

    def watch():
        while not ended.wait(0.01):
            seen.append(resident_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    started = time.perf_counter()
    float(step(batch)["generator_loss"])
    seconds = time.perf_counter() - started
    ended.set()
    thread.join()
    return max(seen) - seen[0], seconds


def main():
    """Measure both in turn, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--base-channels", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--one", choices=("plain", "rematerialised"))
    options = parser.parse_args()
    if options.one:
        sizes = options.image_size, options.batch_size, options.base_channels
        print(json.dumps(measure(*sizes, options.one == "rematerialised")))
        return
    found = {"plain": [], "rematerialised": []}
    for _ in range(options.rounds):
        for name, results in found.items():
            done = subprocess.run(
                [sys.executable, __file__, *sys.argv[1:], "--one", name],
                env={**os.environ, **ENVIRONMENT},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            results.append(json.loads(done.stdout.splitlines()[-1]))
    medians = {
        name: [
            round(statistics.median(values), 1) for values in zip(*results, strict=True)
        ]
        for name, results in found.items()
    }
    print(json.dumps({"MB and seconds": medians}))


if __name__ == "__main__":
    main()
