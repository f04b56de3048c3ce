"""Compares ways of showing GPT-2 an image: a prefix, or cross-attention in each block.

Run: python benchmarks/captioner_conditioning.py [--steps 2000] [--seeds 1]

All start from the same GPT-2, trained on captions of `shapes/scenes`, and learn from
the same batches at the same rate. Greedy captions of `test` pictures are parsed; one is
right when it states every object right. Prints a Markdown table.
"""

import argparse
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from writing.cross_attention import CrossAttentionCaptioner

from aigc_keras.datasets import load_dataset
from aigc_keras.evaluation.run_captions import measure_captions
from aigc_keras.fused_adam import FusedAdam
from aigc_keras.language import GPT2LanguageModel
from aigc_keras.models import ImageCaptioner
from aigc_keras.training.config import TrainingConfig, resolve_precision
from aigc_keras.training.language_training import train_prompt_writer

WAYS = {
    "prefix, one place": (ImageCaptioner, 1),
    "prefix, 4 x 4": (ImageCaptioner, 4),
    "prefix, 8 x 8": (ImageCaptioner, 8),
    "cross-attention, 4 x 4": (CrossAttentionCaptioner, 4),
    "cross-attention, 8 x 8": (CrossAttentionCaptioner, 8),
}


def train(way, writer_path, batches, steps, seed):
    """Train one captioner and return it, and the seconds a step took."""
    keras.utils.set_random_seed(seed)
    kind, map_side = WAYS[way]
    gpt2 = GPT2LanguageModel.from_preset(writer_path)
    captioner = kind(gpt2, 64, map_side=map_side)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=3e-3, warmup_steps=100
    )
    optimizer = FusedAdam(rate, weight_decay=1e-4, clipnorm=1.0)
    captioner.compile(optimizer, jit_compile=False)
    started = time.perf_counter()
    captioner.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
    return captioner, (time.perf_counter() - started) / steps


def measure(way, writer_path, data, test, options):
    """Return the figures of one way, a row a seed."""
    reader = ImageCaptioner(GPT2LanguageModel.from_preset(writer_path), 64)
    table = reader.caption_table(data)
    rows = []
    for seed in range(options.seeds):
        batches = data.training_batches(table, seed=seed)
        captioner, seconds = train(way, writer_path, batches, options.steps, seed)
        figures = measure_captions(captioner, test, options.images)
        right = [figures[language]["all_correct"] for language in ("en", "zh")]
        rows.append([*right, 1000 * seconds])
        print(f"{way}, seed {seed}: {rows[-1]}", file=sys.stderr, flush=True)
    return np.array(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--ways", nargs="*", choices=sorted(WAYS), default=list(WAYS))
    parser.add_argument("--folder", default="saved_models/runs/conditioning")
    parser.add_argument("--prepared-dir", default="data")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder)
    config = TrainingConfig(
        dataset="shapes/scenes", preset="scenes_64", prepared_dir=options.prepared_dir
    )
    if not (folder / "prompt_writer").is_dir():
        train_prompt_writer(config, folder)
    keras.config.set_dtype_policy(resolve_precision("auto"))
    data, test = (
        load_dataset("shapes/scenes", split, 64, 64, prepared_dir=options.prepared_dir)
        for split in ("train", "test")
    )
    print("| | right, English | right, Chinese | ms a step |\n|---|---|---|---|")
    for way in options.ways:
        rows = measure(way, folder / "prompt_writer", data, test, options)
        english, chinese, cost = rows.mean(axis=0)
        print(f"| {way} | {english:.3f} | {chinese:.3f} | {cost:.0f} |", flush=True)
