"""Runs a training from its settings to its last checkpoint."""

import time

import keras
import numpy as np

from aigc_keras import losses
from aigc_keras.datasets import load_dataset
from aigc_keras.models import Discriminator, Generator, TextToImageGAN
from aigc_keras.models.presets import get_preset
from aigc_keras.models.saving import CONFIG_FILE
from aigc_keras.training.callbacks import (
    Checkpoint,
    LearningRateDecay,
    MetricsLog,
    ProgressReport,
    SampleGrid,
)
from aigc_keras.training.config import resolve_precision
from aigc_keras.training.model_card import write_model_card
from aigc_keras.training.progress import progress_bar
from aigc_keras.training.run_folder import RunFolder
from aigc_keras.training.text_side import (
    make_caption_bank,
    make_caption_table,
    make_text_encoder,
    train_matching,
)

# Steps after which a run that is given minutes knows how fast it is.
WARMUP_STEPS = 20
TIMING_STEPS = 50
SAMPLE_ROWS = 8


def train(config, run_dir):
    """Train a GAN, or go on where the run in the folder stopped.

    Running it twice with the same arguments resumes: networks, both optimizers, moving
    average, noise, order of the images and choice of captions are those of an unbroken
    run.

    Args:
        config: `TrainingConfig`.
        run_dir: Path of the run's folder.

    Returns:
        Tuple `(gan, run)`: the trained `TextToImageGAN` and its `RunFolder`.

    Raises:
        RunError: If the folder holds another run or cannot be written.
        DatasetError: If the data set cannot be read.
        TrainingDiverged: If a loss is no longer finite.
    """
    keras.config.set_dtype_policy(resolve_precision(config.precision))
    dataset = load_dataset(
        config.dataset,
        config.split,
        config.image_size,
        config.batch_size,
        config.data_dir,
        config.prepared_dir,
    )
    run = RunFolder(run_dir)
    config = run.start(config)
    gan, step = _open_or_make_model(run, config, dataset)
    compile_for(gan, config)
    if step:
        gan.load_weights(run.weights_path(step))
    run.forget_after(step)
    table = make_caption_table(
        gan.text_encoder, dataset, f"{config.prepared_dir}/caption_cache"
    )
    _fit(gan, run, config, dataset, table)
    write_model_card(run, run.read_config(), dataset)
    return gan, run


def _open_or_make_model(run, config, dataset):
    """Return the model of a run and the step its newest checkpoint stands at."""
    if (run.model_path / CONFIG_FILE).is_file():
        steps = run.checkpoints()
        return TextToImageGAN.load(run.model_path), steps[-1] if steps else 0
    settings = get_preset(config.preset)
    text_dim = settings["text_dim"]
    text_encoder = make_text_encoder(dataset, config)
    judge = train_matching(text_encoder, dataset, config, text_dim)
    table = make_caption_table(
        text_encoder, dataset, f"{config.prepared_dir}/caption_cache"
    )
    keras.utils.set_random_seed(config.seed)
    gan = TextToImageGAN(
        Generator(config.image_size, text_dim, **settings["generator"]),
        Discriminator(config.image_size, text_dim, **settings["discriminator"]),
        text_encoder,
        judge,
        make_caption_bank(table, config.seed),
        seed=config.seed,
    )
    compile_for(gan, config)
    gan.save(run.model_path)
    return gan, 0


def compile_for(gan, config):
    """Compile a GAN as a run's settings say."""

    def optimizer():
        return keras.optimizers.Adam(config.learning_rate, beta_1=0.0, beta_2=0.9)

    gan.compile(
        optimizer(),
        optimizer(),
        loss=config.loss,
        penalty=losses.PENALTIES[config.penalty]() if config.penalty else None,
        ema_half_life=config.ema_half_life,
        jit_compile=False,
    )


def _fit(gan, run, config, dataset, table):
    captions = choose_sample_captions(dataset)
    with progress_bar("The GAN learns to draw") as update:
        if config.steps is None:
            config = _settle_steps(gan, run, config, dataset, table, update)
        done = int(gan.optimizer.iterations.numpy())
        if done >= config.steps:
            return
        checkpoint = Checkpoint(run, config.save_every, config.steps)
        callbacks = [
            LearningRateDecay(config.learning_rate, config.steps),
            MetricsLog(run, config.log_every),
            SampleGrid(run, captions, config.sample_every),
            checkpoint,
            ProgressReport(update, config.steps, config.batch_size),
        ]
        try:
            _fit_steps(gan, config, dataset, table, config.steps - done, callbacks)
        finally:
            checkpoint.restore_handler()


def _fit_steps(gan, config, dataset, table, number, callbacks):
    done = int(gan.optimizer.iterations.numpy())
    gan.reset_metrics()
    gan.fit(
        dataset.training_batches(table, config.batch_size, config.seed, done),
        steps_per_epoch=number,
        epochs=1,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )


def _settle_steps(gan, run, config, dataset, table, update):
    """Measure the first steps, and write how many the given minutes hold."""
    started = time.monotonic()
    done = int(gan.optimizer.iterations.numpy())
    _fit_steps(gan, config, dataset, table, WARMUP_STEPS, [])
    timed = time.monotonic()
    _fit_steps(gan, config, dataset, table, TIMING_STEPS, [])
    seconds = (time.monotonic() - timed) / TIMING_STEPS
    left = config.minutes * 60 - (time.monotonic() - started)
    steps = done + WARMUP_STEPS + TIMING_STEPS + max(1, int(left / seconds))
    # A whole number of log intervals, so that the last line covers a full one.
    steps = config.log_every * max(2, round(steps / config.log_every))
    config = config.replace(steps=steps, minutes=None)
    run.write_config(config)
    update(WARMUP_STEPS + TIMING_STEPS, steps)
    return config


def choose_sample_captions(dataset, rows=SAMPLE_ROWS):
    """Choose the captions of the sample grid, evenly over the data set.

    Alternating first and last captions shows both languages of `shapes`.
    """
    count = min(rows, dataset.num_images)
    picks = np.linspace(0, dataset.num_images - 1, count).astype(int)
    return [dataset.captions[row][-(place % 2)] for place, row in enumerate(picks)]
