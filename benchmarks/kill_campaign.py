"""Kills trainings at random moments, and compares them with one that was left alone.

Run: python benchmarks/kill_campaign.py [--kills 50] [--steps 500] [--seed 0]
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import warnings

import h5py
import numpy as np

TRAIN = """
import json, sys
from aigc_keras.training import TrainingConfig, train
from aigc_keras.training.threads import set_threads
set_threads(1)
train(TrainingConfig(**json.loads(sys.argv[1])), sys.argv[2])
"""


def run_campaign(settings, folder, kills, seed):
    """Return the figures of a campaign.

    Args:
        settings: Dict for `TrainingConfig`.
        folder: Path of a folder without checkpoints.
        kills: int. SIGKILLs.
        seed: int. Seeds the moments: each within four fifths of the time that the
            unbroken run takes, so that at least the first comes before the end.

    Returns:
        Dict of `kills` done in each run, runs being added until there are as many as
        asked, `unreadable` checkpoints that were there after a kill, `steps` at the end
        of each, `different` arrays of the last checkpoints, and `same_log`.
    """
    from aigc_keras.training import RunFolder

    rng = random.Random(seed)
    unbroken = RunFolder(folder / "unbroken")
    started = time.monotonic()
    _start(settings, unbroken.path).wait()
    longest = 0.8 * (time.monotonic() - started)
    figures = {"kills": [], "unreadable": 0, "steps": [], "different": 0}
    figures["same_log"] = True
    while sum(figures["kills"]) < kills:
        broken = RunFolder(folder / f"broken_{len(figures['kills'])}")
        left = kills - sum(figures["kills"])
        done, unreadable = _break(settings, broken, left, longest, rng)
        figures["kills"].append(done)
        figures["unreadable"] += unreadable
        figures["steps"].append(broken.checkpoints.newest())
        figures["different"] += _differences(unbroken, broken, settings["steps"])
        figures["same_log"] &= unbroken.read_metrics() == broken.read_metrics()
    return figures


def _break(settings, run, kills, longest, rng):
    """Train to the end through kills; return their number and bad checkpoints."""
    done = unreadable = 0
    while done < kills:
        process = _start(settings, run.path)
        try:
            process.wait(rng.uniform(0, longest))
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            done += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            steps = run.checkpoints.steps()
            unreadable += sum(not run.checkpoints.is_whole(step) for step in steps)
    _start(settings, run.path).wait()
    return done, unreadable


def _differences(one, other, step):
    """Return how many arrays of two runs' checkpoints differ."""
    ours, theirs = (_read(run.checkpoints.weights_path(step)) for run in (one, other))
    return sum(
        name not in ours
        or name not in theirs
        or not np.array_equal(ours[name], theirs[name])
        for name in ours.keys() | theirs.keys()
    )


def _start(settings, path):
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, json.dumps(settings), str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _read(path):
    found = {}

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()])

    with h5py.File(path) as file:
        file.visititems(collect)
    return found


def main():
    """Run a campaign on the example pictures that come with the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", default="data/example")
    arguments = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        settings = {
            "dataset": "captioned_folder",
            "data_dir": arguments.data_dir,
            "prepared_dir": str(folder / "prepared"),
            "preset": "tiny_32",
            "image_size": 32,
            "matching_steps": 3,
            "reading_steps": 3,
            "steps": arguments.steps,
            "batch_size": 4,
            "log_every": 5,
            "save_every": 5,
            "precision": "float32",
        }
        figures = run_campaign(settings, folder, arguments.kills, arguments.seed)
    figures["minutes"] = round((time.monotonic() - started) / 60, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
