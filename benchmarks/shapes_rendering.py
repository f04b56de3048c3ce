"""Times how fast the pictures of `shapes` are drawn and prepared.

Usage: python benchmarks/shapes_rendering.py [number]
"""

import json
import sys
import tempfile
import time

from aigc_keras.datasets.shapes import captions, render


def time_rendering(number):
    """Return seconds for drawing and captioning `number` pictures on one core."""
    started = time.perf_counter()
    for index in range(number):
        _, scene, rng = render.make_example(f"bench/{index}")
        captions.write_captions(scene, rng)
    return time.perf_counter() - started


def time_preparation():
    """Return seconds for preparing all splits of `shapes/single` with tfds."""
    from aigc_keras.datasets.registry import load_builder

    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        load_builder("shapes/single", prepared_dir=folder)
        return time.perf_counter() - started


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    result = {
        "pictures": count,
        "rendering_seconds": round(time_rendering(count), 1),
        "preparing_56000_seconds": round(time_preparation(), 1),
    }
    print(json.dumps(result))
