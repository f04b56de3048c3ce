"""Times the way from JPEG files to 64-pixel float batches, against two others.

Run: python benchmarks/input_pipeline.py [--images 2000] [--large 100000]

All read the same JPEGs of 640 x 480, made here, in this order: this package, Keras's
`image_dataset_from_directory`, and, where torch is installed, a `DataLoader` with two
workers that decodes with Pillow. Prints one line of JSON: images per second in the
first epoch (for this package that is preparation and one epoch) and in later ones, each
the median of the rounds, and the peak memory of a pass over `--large` prepared images.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image

SIZE, BATCH = 64, 64


def make_images(folder, number):
    """Write JPEGs of 640 x 480 with photograph-like spectra, and a caption each."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index in range(number):
        layers = [
            Image.fromarray(
                rng.integers(0, 256, (480 // scale, 640 // scale, 3)).astype("uint8")
            ).resize((640, 480), Image.Resampling.BICUBIC)
            for scale in (80, 20, 5)
        ]
        picture = Image.blend(Image.blend(layers[0], layers[1], 0.4), layers[2], 0.2)
        picture.save(folder / f"{index:06d}.jpg", quality=90)
    rows = [f"{index:06d}.jpg,picture {index}" for index in range(number)]
    (folder / "captions.csv").write_text("\n".join(["image,caption", *rows]))


def no_text(dataset):
    """Return a caption table for batches whose text does not matter."""
    from aigc_keras.datasets import CaptionTable

    number = len(dataset.flat_captions)
    return CaptionTable(np.zeros((number, 8), "int32"), np.ones((number, 8), bool))


def time_package(folder, prepared, epochs):
    """Return the seconds of the first and of each later epoch."""
    from aigc_keras.datasets import load_dataset

    started = time.perf_counter()
    dataset = load_dataset(
        "captioned_folder",
        image_size=SIZE,
        data_dir=folder / "all",
        prepared_dir=prepared,
    )
    steps = dataset.num_images // BATCH
    batches = iter(dataset.training_batches(no_text(dataset), BATCH))
    seconds = []
    for _ in range(epochs):
        for _ in range(steps):
            next(batches)["image"].numpy()
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
    return seconds


def time_keras(folder, epochs):
    """Return the seconds of each epoch of Keras's own directory loader."""
    import keras

    started = time.perf_counter()
    data = keras.utils.image_dataset_from_directory(
        folder,
        labels=None,
        image_size=(SIZE, SIZE),
        batch_size=BATCH,
        crop_to_aspect_ratio=True,
        verbose=False,
    )
    data = data.map(lambda image: image / 127.5 - 1.0).prefetch(4)
    seconds = []
    for _ in range(epochs):
        for batch in data:
            batch.numpy()
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
    return seconds


def time_torch(folder, epochs):
    """Return the seconds of each epoch of a torch DataLoader with two workers."""
    import torch

    class Files(torch.utils.data.Dataset):
        def __init__(self):
            self.paths = sorted((folder / "all").glob("*.jpg"))

        def __len__(self):
            return len(self.paths)

        def __getitem__(self, index):
            with Image.open(self.paths[index]) as image:
                square = image.convert("RGB").crop((80, 0, 560, 480))
                small = square.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
            pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1)
            return pixels.float() / 127.5 - 1.0

    started = time.perf_counter()
    loader = torch.utils.data.DataLoader(
        Files(), BATCH, shuffle=True, num_workers=2, persistent_workers=True
    )
    seconds = []
    for _ in range(epochs):
        for batch in loader:
            batch.numpy()
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
    return seconds


def measure_memory(number):
    """Return bytes of memory that reading `number` prepared images added, at most."""
    from aigc_keras.datasets import CaptionedDataset

    with tempfile.NamedTemporaryFile(dir=".") as file:
        block = np.random.default_rng(0).integers(
            0, 256, (1000, SIZE, SIZE, 3), "uint8"
        )
        for _ in range(-(-number // 1000)):
            file.write(block.tobytes())
        file.flush()
        shape = (number, SIZE, SIZE, 3)
        images = np.memmap(file.name, "uint8", "r", shape=shape)
        captions = [["a picture"]] * number
        dataset = CaptionedDataset("large", "train", images, captions, BATCH)
        batches = iter(dataset.training_batches(no_text(dataset), BATCH))
        next(batches)
        before = anonymous_memory()
        peak = before
        for step in range(number // BATCH):
            next(batches)
            if step % 50 == 0:
                peak = max(peak, anonymous_memory())
    return {
        "images": number,
        "added_bytes": peak - before,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "pixel_bytes": int(np.prod(shape)),
    }


def anonymous_memory():
    """Return the process's memory without pages of files, which the system may drop."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    raise OSError("no RssAnon in /proc/self/status")


CASES = {"aigc_keras": time_package, "keras": time_keras, "torch": time_torch}


def run_case(name, folder, epochs, prepared):
    """Time one case in a process of its own."""
    command = [sys.executable, __file__, "--case", name, "--folder", str(folder)]
    command += ["--epochs", str(epochs), "--prepared", str(prepared)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Time every case in turn, several rounds, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--case", choices=[*CASES, "memory"])
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--prepared", type=pathlib.Path)
    options = parser.parse_args()
    if options.case == "memory":
        print(json.dumps(measure_memory(options.large)))
        return
    if options.case:
        arguments = [options.folder, options.epochs]
        if options.case == "aigc_keras":
            arguments.insert(1, options.prepared)
        print(json.dumps(CASES[options.case](*arguments)))
        return
    names = list(CASES)
    try:
        import torch  # noqa: F401
    except ImportError:
        names.remove("torch")
    times = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_images(folder / "jpeg" / "all", options.images)
        for number in range(options.rounds):
            for name in names:
                prepared = folder / f"prepared_{number}"
                times[name].append(
                    run_case(name, folder / "jpeg", options.epochs, prepared)
                )
    speed = {
        name: {
            "first_epoch": round(
                options.images / statistics.median(r[0] for r in rounds)
            ),
            "later_epochs": round(
                options.images / statistics.median(s for r in rounds for s in r[1:])
            ),
        }
        for name, rounds in times.items()
    }
    command = [sys.executable, __file__, "--case", "memory"]
    command += ["--large", str(options.large)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    memory = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps({"images_per_second": speed, "memory": memory}))


if __name__ == "__main__":
    main()
