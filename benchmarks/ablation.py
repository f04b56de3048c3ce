"""Compares training recipes on `shapes`: the same minutes, several seeds.

Run: python benchmarks/ablation.py [--minutes 5] [--seeds 3] [--rows hinge r1 ...]

The text side is that of the shipped `shapes_64`. Each row changes one thing of the
default recipe, trains a GAN a seed, and is measured on captions of `test` and
`test_unseen`, and by diversity and the kernel distance to real pictures in the judge's
features. Minutes are of processor time on all cores that the process may use, so that
other work on the machine takes little from a row. Finished runs are kept in
`--folder`: a stopped table goes on (with the same code, else give a new folder), and
two processes may fill one table, each with rows of its own; a last run prints them all.
"Every token" holds "places" too, which is what to compare it with. Prints a Markdown
table: means, and half the range between the seeds.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
import token_level

from aigc_keras import losses
from aigc_keras.datasets import load_dataset
from aigc_keras.evaluation import evaluate_gan
from aigc_keras.fused_adam import make_optimizer
from aigc_keras.layers import DiffAugment
from aigc_keras.models import (
    PRESETS,
    Discriminator,
    Generator,
    LossWeights,
    NoiseEncoder,
    TextToImageGAN,
    objective,
)
from aigc_keras.models.standard_noise import standardize_noise
from aigc_keras.training import share_threads
from aigc_keras.training.config import resolve_precision
from aigc_keras.training.schedules import scheduled_learning_rate


def pooled_gan(row, base, policy, seed):
    """Build the package's own networks, as a row changes them."""
    drawing = Generator.from_config(
        base.generator.get_config() | row.generator | policy
    )
    seeing = base.discriminator.get_config() | row.discriminator | policy
    return row.gan(
        drawing,
        Discriminator.from_config(seeing),
        base.text_encoder.copy(),
        train_text_encoder=row.train_text_encoder,
        noise_encoder=make_noise_encoder(drawing) if row.noise_encoder else None,
        **shared_parts(base, seed),
    )


def token_level_gan(row, base, policy, seed):
    """Build networks that read every token; see `token_level`."""
    sizes = base.generator.get_config()
    hidden = base.text_encoder.backbone.hidden_dim
    drawing = token_level.TokenGenerator(
        sizes["image_size"],
        sizes["text_dim"],
        hidden,
        sizes["noise_dim"],
        sizes["base_channels"],
        **policy,
    )
    seeing = base.discriminator.get_config() | row.discriminator | policy
    encoder = base.text_encoder.copy()
    gan = token_level.TokenLevelGAN(
        drawing,
        token_level.SentenceDiscriminator(seeing, drawing.text_dim),
        token_level.packing_encoder(encoder),
        noise_encoder=make_noise_encoder(drawing),
        **shared_parts(base, seed),
    )
    gan.set_text_encoder(gan.text_encoder, encoder)
    return gan


def make_noise_encoder(drawing):
    """Build the noise encoder of the preset `shapes_64` for a generator."""
    sizes = PRESETS["shapes_64"]["noise_encoder"]
    return NoiseEncoder(64, drawing.text_dim, drawing.noise_dim, **sizes)


def shared_parts(base, seed):
    """Return what all rows have alike."""
    return {
        "judge": base.judge,
        "caption_bank": base.caption_bank,
        "seed": seed,
        "class_names": base.class_names,
    }


class TextDropoutGAN(TextToImageGAN):
    """Gives the generator no caption for a tenth of its drawings; all else knows it."""

    def train_step(self, data):
        """Update both networks once."""
        self.said = objective.drawn_rows(self, data)["text_embedding"]
        return super().train_step(data)

    def draw_text_noise(self, step, shape):
        """Return what takes the vector away, for a tenth of the rows."""
        chance = super().draw_text_noise(step, (shape[0], 1))
        # The lower tenth of a normal distribution.
        return tf.where(chance < -1.2816, -self.said, 0.0)


@dataclasses.dataclass(frozen=True)
class Row:
    """What a recipe changes."""

    loss: str = "non_saturating"
    weights: dict = dataclasses.field(default_factory=dict)
    penalty: object = None
    diff_augment: bool = False
    ema_half_life: float = 4000
    rates: tuple = (1e-3, 1e-3)
    generator: dict = dataclasses.field(default_factory=dict)
    discriminator: dict = dataclasses.field(default_factory=dict)
    noise_encoder: bool = True
    train_text_encoder: str = "frozen"
    text_noise: float = 0.0
    gan: type = TextToImageGAN
    build: Callable = pooled_gan
    standardize: Callable = standardize_noise


QUARTER = {"patch_size": 4, "stages": (8, 8, 4)}
HALF = {"patch_size": 2, "stages": (8, 8, 4, 2)}
ROWS = {
    "default": Row(),
    "hinge": Row(loss="hinge"),
    "relativistic": Row(loss="relativistic"),
    "no contrastive term": Row(weights={"matching": 0.0}),
    "no wrong caption": Row(weights={"wrong_caption": 0.0}),
    "no judge": Row(weights={"judge_matching": 0.0, "judge_tokens": 0.0}),
    "judge weight 0.3": Row(weights={"judge_matching": 0.3, "judge_tokens": 0.02}),
    "judge weight 1.2": Row(weights={"judge_matching": 1.2, "judge_tokens": 0.08}),
    "matching-aware": Row(penalty=losses.MatchingAwarePenalty()),
    "r1 exact": Row(penalty=losses.R1Penalty(0.5)),
    "r1 finite difference": Row(penalty=losses.FiniteDifferencePenalty(0.5)),
    "diff augment": Row(diff_augment=True),
    "ema 1000": Row(ema_half_life=1000),
    "ema 16000": Row(ema_half_life=16000),
    "rates 1e-3 3e-4": Row(rates=(1e-3, 3e-4)),
    "rates 5e-4 5e-4": Row(rates=(5e-4, 5e-4)),
    "text noise 0.3": Row(text_noise=0.3),
    "text dropout 0.1": Row(text_noise=1.0, gan=TextDropoutGAN),
    "places": Row(generator={"place_channels": 32}),
    "every token": Row(build=token_level_gan, standardize=token_level.standardize),
    "noise 16": Row(generator={"noise_dim": 16}),
    "noise 256": Row(generator={"noise_dim": 256}),
    "generator patch 4": Row(generator=QUARTER),
    "discriminator patch 2": Row(discriminator=HALF),
    "no noise encoder": Row(noise_encoder=False),
    "layout, no noise encoder": Row(weights={"layout": 5.0}, noise_encoder=False),
    "layout and diversity, no noise encoder": Row(
        weights={"layout": 5.0, "diversity": 0.1}, noise_encoder=False
    ),
    "reconstruction 10": Row(weights={"reconstruction": 10.0}),
    "divergence 0.02": Row(weights={"divergence": 0.02}),
    "text through an MLP": Row(generator={"condition_layers": 2}),
    "GPT-2's pooler learns": Row(train_text_encoder="projection"),
    "GPT-2's last block learns": Row(train_text_encoder="last_blocks"),
    "GPT-2 learns": Row(train_text_encoder="full"),
}


class Clock(keras.callbacks.Callback):
    """Sets both learning rates by the clock, and stops when the time is over."""

    def __init__(self, rates, seconds):
        super().__init__()
        self.rates, self.seconds = rates, seconds
        self.steps, self.started = 0, None

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rates of the coming step."""
        self.steps += 1
        # The first steps compile.
        if self.steps == 3:
            self.started = self.now()
        done = 0.0 if self.started is None else self.now() - self.started
        share = min(1.0, done / self.seconds)
        rising = min(1.0, self.steps / 200)
        optimizers = (self.model.optimizer, self.model.discriminator_optimizer)
        for optimizer, peak in zip(optimizers, self.rates, strict=True):
            falling = scheduled_learning_rate(peak, round(1e6 * share), 10**6)
            optimizer.learning_rate.assign(rising * (falling if share > 0.1 else peak))
        self.model.stop_training = share >= 1

    @staticmethod
    def now():
        """Return the seconds of processor time that each core has given, on average."""
        return time.process_time() / len(os.sched_getaffinity(0))


def run(row, seed, data, base, minutes, prepared_dir, num_images):
    """Train and measure one GAN."""
    keras.utils.set_random_seed(seed)
    policy = {"dtype": keras.config.dtype_policy().name}
    gan = row.build(row, base, policy, seed)
    gan.compile(
        make_optimizer(row.rates[0]),
        make_optimizer(row.rates[1]),
        loss=row.loss,
        loss_weights=LossWeights(**row.weights),
        penalty=row.penalty,
        diff_augment=DiffAugment() if row.diff_augment else None,
        ema_half_life=row.ema_half_life,
        text_noise=row.text_noise,
        jit_compile=False,
    )
    clock = Clock(row.rates, 60 * minutes)
    gan.fit(
        data,
        steps_per_epoch=10**6,
        cache_dir=f"{prepared_dir}/caption_cache",
        callbacks=[clock],
        verbose=0,
    )
    config = {"dataset": "shapes", "prepared_dir": prepared_dir}
    if row.noise_encoder:
        row.standardize(gan, data)
    figures = evaluate_gan(gan, config, num_images)
    return figures | {"images": clock.steps * data.batch_size}


def figures(result):
    """Return the columns of the table."""
    seen, unseen = (
        result[split]["en"]["alignment"] for split in ("test", "test_unseen")
    )
    return {
        "thousand images": result["images"] / 1000,
        "mean": seen["mean"],
        "shape": seen["shape"],
        "all correct": seen["all_correct"],
        "unseen": unseen["mean"],
        "diversity": result["variety"]["diversity"],
        "kernel distance": result["variety"]["kernel_distance"],
    }


def table(results):
    """Return the lines of a Markdown table."""
    columns = list(figures(next(iter(results.values()))[0]))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, runs in results.items():
        values = np.array([list(figures(one).values()) for one in runs])
        spread = (values.max(axis=0) - values.min(axis=0)) / 2
        cells = zip(values.mean(axis=0), spread, strict=True)
        row = " | ".join(f"{mean:.3f} ± {half:.3f}" for mean, half in cells)
        lines.append(f"| {name} | {row} |")
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", nargs="*", choices=sorted(ROWS), default=list(ROWS))
    parser.add_argument("--folder", default="saved_models/runs/ablation")
    parser.add_argument("--prepared-dir", default="data")
    parser.add_argument("--images", type=int, default=1000, help="to measure on")
    options = parser.parse_args()
    share_threads()
    keras.config.set_dtype_policy(resolve_precision("auto"))
    folder = pathlib.Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    prepared_dir = options.prepared_dir
    data = load_dataset(
        "shapes", image_size=64, batch_size=64, prepared_dir=prepared_dir
    )
    base = TextToImageGAN.from_preset("shapes_64")
    results = {}
    # Seed by seed, so that a stopped table has every row.
    for seed in range(options.seeds):
        for name in options.rows:
            stem = name.replace(" ", "_").replace("'", "")
            asked = f"{options.minutes:g}_of_{options.images}"
            path = folder / f"{stem}_{asked}_{seed}.json"
            if not path.exists():
                row = (ROWS[name], seed, data, base, options.minutes)
                path.write_text(json.dumps(run(*row, prepared_dir, options.images)))
            results.setdefault(name, []).append(json.loads(path.read_text()))
            print(f"{name}, seed {seed}: done", file=sys.stderr, flush=True)
    print("\n".join(table(results)))
