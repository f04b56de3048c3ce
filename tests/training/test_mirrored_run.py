"""A run under `MirroredStrategy`, on the one device that is there."""

import json
import subprocess
import sys

import numpy as np
import pytest

from aigc_keras.training import load_run

SCRIPT = """
import json, sys
from aigc_keras.training import TrainingConfig, train
gan, run = train(TrainingConfig(**json.loads(sys.argv[1])), *sys.argv[2:])
assert int(gan.optimizer.iterations.numpy()) == 6
"""


@pytest.mark.slow
def test_one_device_mirrored_trains_the_same(tiny_run, tiny_settings, tmp_path):
    """In a process of its own: a strategy stays."""
    arguments = [json.dumps(tiny_settings), str(tmp_path), "mirrored"]
    arguments = [sys.executable, "-c", SCRIPT, *arguments]
    subprocess.run(arguments, check=True, timeout=200)
    ours, mirrored = (
        [*gan.generator.get_weights(), *gan.discriminator.get_weights()]
        for gan in map(load_run, (tiny_run, tmp_path))
    )
    differences = [
        np.linalg.norm(one - other) / max(np.linalg.norm(one), 1e-2)
        for one, other in zip(ours, mirrored, strict=True)
    ]
    # Rounding moves a value over the kink of an activation now and then.
    assert np.median(differences) < 1e-4 and max(differences) < 0.1
