"""Runs a training from its settings to its last checkpoint."""

import dataclasses
import shutil
import time
import warnings

import keras

from aigc_keras import losses
from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.augmentation import make_augmentation
from aigc_keras.datasets.loading import SOURCE_ARGUMENTS
from aigc_keras.fused_adam import FusedAdam, make_optimizer
from aigc_keras.layers import DiffAugment
from aigc_keras.models import TextToImageGAN
from aigc_keras.models.saving import CONFIG_FILE
from aigc_keras.models.standard_noise import standardize_noise
from aigc_keras.models.warm_up import warm_up
from aigc_keras.progress import progress_bar
from aigc_keras.training.callbacks import (
    Checkpoint,
    Interrupt,
    LearningRate,
    MetricsLog,
    ProgressReport,
    SampleGrid,
    is_disk_full,
)
from aigc_keras.training.config import RunError, resolve_precision
from aigc_keras.training.distribution import Distribution, lost_workers_named
from aigc_keras.training.early_stopping import EarlyStopping, make_measure
from aigc_keras.training.model_card import write_model_card
from aigc_keras.training.recipes import choose_recipe
from aigc_keras.training.run_folder import (
    TASKS,
    RunFolder,
    load_run,
    replace_part,
)
from aigc_keras.training.sample_captions import sample_captions, source_options
from aigc_keras.training.schedules import batch_phases

# Steps after which a run that is given minutes knows how fast it is.
WARMUP_STEPS = 20
TIMING_STEPS = 100
UNKNOWN_STEPS = 10**9


def train(config, run_dir, distribute="none"):
    """Train a GAN, or go on where the run in the folder stopped.

    Running it twice with the same arguments resumes: networks, both optimizers, moving
    average, noise, order of the images and choice of captions are those of an unbroken
    run. At the end, where a noise encoder learned along from many pictures, the noise
    of the last and the best checkpoint is standardized: `models.standardize_noise`.

    Args:
        config: `TrainingConfig`.
        run_dir: Path of the run's folder, the same one for all processes.
        distribute: str. `"none"`, `"mirrored"` or `"multi_worker"`, see
            `distribution.strategy`. It is no part of the run: the global batch means
            the same on any number of devices, and a run may go on with another.

    Returns:
        Tuple `(gan, run)`: the trained `TextToImageGAN` and its `RunFolder`.

    Raises:
        RunError: If the folder holds another run or cannot be written, the settings
            cannot be distributed, another process is lost, or Keras's backend is not
            TensorFlow.
        DatasetError: If the data set cannot be read.
        TrainingDiverged: If a loss is no longer finite.
    """
    if keras.backend.backend() != "tensorflow":
        raise RunError(
            "Runs are made on TensorFlow; on another backend call `gan.fit`. "
            f"Received: KERAS_BACKEND={keras.backend.backend()}"
        )
    place = Distribution(distribute)
    with lost_workers_named():
        return _train(config, RunFolder(run_dir), place)


def _train(config, run, place):
    config, dataset, made, captions = place.chief_first(
        lambda: _prepare(config, run, place)
    )
    shown = dataset
    if config.caption_parts:
        shown = dataset.with_caption_parts(config.seed, config.caption_parts)
    step = run.checkpoints.newest() or 0
    with place.scope():
        gan = TextToImageGAN.load(run.model_path) if made is None else made
        compile_for(gan, config, dataset)
        if step:
            gan.load_weights(run.checkpoints.weights_path(step))
    # Nobody reads any more what is dropped now.
    place.wait()
    if place.is_chief:
        run.forget_after(step)
    try:
        _fit(gan, run, config, shown, captions, place)
    finally:
        # Also after Ctrl-C. A run that was done already keeps what it has.
        learned = bool(gan.optimizer.iterations > step) and place.is_chief
        if learned and gan.language_side is not None:
            _save_parts(gan, run)
        if learned and run.noise_encoder_path.is_dir():
            warnings.warn(
                f"{run.noise_encoder_path} was trained for an earlier state of the "
                f"generator; train it again: `aigc-keras train --task "
                f"{TASKS['noise_encoder']} --run {run.path}`",
                stacklevel=3,
            )
    changed = False
    recipe = choose_recipe(config.recipe, dataset.num_images)
    found = recipe.standard_noise and gan.noise_encoder is not None
    if found and place.is_chief:
        # Where the last state could not be written, the run is not at its end.
        done = int(gan.optimizer.iterations.numpy())
        if run.checkpoints.newest() == done:
            changed = _standardize_noise(run, config, shown, captions)
    place.wait()
    if place.is_chief:
        write_model_card(run, run.read_config(), dataset)
    if changed or place.strategy is not None:
        # One that any process can use by itself.
        gan = load_run(run.path)
    return gan, run


def _standardize_noise(run, config, dataset, captions):
    """Let a finished run's last checkpoint, and its best, draw as varied as pictures.

    Returns:
        bool. Whether there was one to change.
    """
    checkpoints = run.checkpoints
    steps = {checkpoints.newest(), checkpoints.best()} - {None}
    steps = sorted(
        step
        for step in steps
        if checkpoints.is_whole(step) and not checkpoints.has_standard_noise(step)
    )
    if not steps:
        return False
    gan = TextToImageGAN.load(run.model_path)
    gan.training_data = dataset
    compile_for(gan, config, dataset)
    grid = SampleGrid(run, captions, config.sample_every)
    grid.set_model(gan)
    try:
        grid.on_train_begin()
        for step in steps:
            gan.load_weights(checkpoints.weights_path(step))
            standardize_noise(gan, dataset)
            grid.write(step)
            # Ctrl-C waits until the checkpoint is back in its place.
            with Interrupt() as interrupt:
                checkpoints.save(gan, step, standard_noise=True)
            if interrupt.requested:
                raise KeyboardInterrupt
    except OSError as error:
        if not is_disk_full(error):
            raise
        warnings.warn(
            "The disk is full, so noise is not standardized; the last checkpoint is "
            f"kept, make room and run the same command ({error})",
            stacklevel=4,
        )
        return False
    return True


def _prepare(config, run, place):
    """Return settings, data, a model that was not there before or None, captions."""
    config = run.check(config)
    place.check(config)
    keras.config.set_dtype_policy(resolve_precision(config.precision))
    source = dataset_arguments(config)
    dataset = load_dataset(
        config.dataset, config.split, config.image_size, config.batch_size, **source
    )
    make_augmentation(config.augmentation, dataset)
    run.start(config)
    run.checkpoints.restore()
    made = None
    if not (run.model_path / CONFIG_FILE).is_file():
        made = _make_model(run, config, dataset)
    shutil.rmtree(run.text_side_path, ignore_errors=True)
    if place.strategy is not None:
        # It is read again where its variables belong to all replicas.
        made = None
    return config, dataset, made, sample_captions(dataset, source)


def _save_parts(gan, run):
    """Write GPT-2 and the captioner where the commands look for them."""
    replace_part(gan.language_side.language_model, run.prompt_writer_path)
    if gan.captioner is not None:
        replace_part(gan.captioner, run.captioner_path)


def _make_model(run, config, dataset):
    """Build a run's model, train its text side, and write it."""
    keras.utils.set_random_seed(config.seed)
    recipe = choose_recipe(config.recipe, dataset.num_images)
    # Where no noise is to lead back to a picture there is nothing to find.
    finds_noise = recipe.loss_weights.reconstruction > 0
    gan = TextToImageGAN.from_preset(
        config.preset,
        None,
        image_size=config.image_size,
        seed=config.seed,
        train_text_encoder=config.train_text_encoder,
        class_names=dataset.classes,
        **({} if finds_noise else {"noise_encoder": None}),
    )
    gan.adapt(dataset, config.text_side(), cache_dir(config), run.text_side_path)
    if config.warm_up_steps:
        warm_up(
            gan,
            dataset,
            config.warm_up_steps,
            cache_dir(config),
            picture_size=recipe.warm_up_size,
            text_noise=recipe.text_noise,
        )
    compile_for(gan, config, dataset)
    gan.save(run.model_path)
    return gan


def dataset_arguments(config):
    """Return a run's settings about the source of its data."""
    return {name: getattr(config, name) for name in SOURCE_ARGUMENTS}


def cache_dir(config):
    """Return the folder where a run's encoded captions are kept."""
    return f"{config.prepared_dir}/caption_cache"


def compile_for(gan, config, dataset):
    """Compile a GAN as a run's settings say."""
    recipe = choose_recipe(config.recipe, dataset.num_images)
    weights = dataclasses.replace(
        recipe.loss_weights, judge_next_token=config.next_token_guidance
    )
    limits = (config.clip_norm, config.gradient_accumulation)
    penalty = losses.PENALTIES.get(config.penalty)
    gan.compile(
        make_optimizer(config.generator_learning_rate, *limits),
        make_optimizer(config.discriminator_learning_rate, *limits),
        loss=config.loss,
        loss_weights=weights,
        penalty=penalty() if penalty else None,
        diff_augment=DiffAugment(recipe.diff_augment) if recipe.diff_augment else None,
        text_noise=recipe.text_noise,
        ema_half_life=config.ema_half_life,
        language_optimizer=FusedAdam(config.language_learning_rate, clipnorm=1.0),
        rematerialize=config.rematerialize,
        jit_compile=False,
    )


def _fit(gan, run, config, dataset, captions, place):
    with progress_bar("The GAN learns to draw") as update:
        if config.steps is None:
            config = _settle_steps(gan, run, config, dataset, update)
        if int(gan.optimizer.iterations.numpy()) >= config.steps:
            return
        with Interrupt() as interrupt:
            callbacks = [
                learning_rate(config, config.steps),
                MetricsLog(run if place.is_chief else None, config.log_every),
            ]
            if place.is_chief:
                callbacks += [
                    SampleGrid(run, captions, config.sample_every),
                    Checkpoint(run, config.save_every, interrupt),
                    ProgressReport(update, config.steps),
                ]
            if config.early_stopping:
                options = source_options(dataset_arguments(config))
                measure = make_measure(config.early_stopping, dataset, options)
                callbacks.append(EarlyStopping(run, measure, config.sample_every))
            for callback in callbacks:
                callback.when_disk_full = config.when_disk_full
            _fit_phases(gan, config, dataset, callbacks)
    done = int(gan.optimizer.iterations.numpy())
    if done < config.steps and place.is_chief:
        # Stopped early: the run ends here, and stays so when it is run again.
        run.write_config(config.replace(steps=done))


def learning_rate(config, steps):
    """Return the callback that sets a run's learning rates."""
    return LearningRate(
        config.generator_learning_rate,
        config.discriminator_learning_rate,
        steps,
        config.schedule,
    )


def _fit_phases(gan, config, dataset, callbacks):
    """Train to the last step, through batches that may grow."""
    phases = batch_phases(dataset.batch_size, config.steps, config.batch_doublings)
    for last, batch_size in phases:
        done = int(gan.optimizer.iterations.numpy())
        if done < last and not gan.stop_training:
            batches = dataset.with_batch_size(batch_size)
            _fit_steps(gan, config, batches, last - done, callbacks)


def _fit_steps(gan, config, dataset, number, callbacks):
    gan.reset_metrics()
    gan.fit(
        dataset,
        steps_per_epoch=number,
        cache_dir=cache_dir(config),
        augmentation=config.augmentation,
        verbose=0,
        callbacks=callbacks,
    )


def _settle_steps(gan, run, config, dataset, update):
    """Measure the first steps, and write how many the given minutes hold."""
    started = time.monotonic()
    times = []
    clock = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.monotonic())
    )
    # The rates rise as in any run; where they fall is not known yet.
    callbacks = [learning_rate(config, UNKNOWN_STEPS), clock]
    _fit_steps(gan, config, dataset, WARMUP_STEPS + TIMING_STEPS, callbacks)
    # From within one call of `fit`: starting one takes seconds.
    seconds = (times[-1] - times[WARMUP_STEPS - 1]) / TIMING_STEPS
    left = config.minutes * 60 - (time.monotonic() - started)
    done = int(gan.optimizer.iterations.numpy())
    # An image costs the same in a larger batch.
    growth = (2 ** (config.batch_doublings + 1) - 1) / (config.batch_doublings + 1)
    steps = done + max(1, int(left / seconds / growth))
    # A whole number of log intervals, so that the last line covers a full one.
    steps = config.log_every * max(
        done // config.log_every + 1, steps // config.log_every
    )
    config = config.replace(steps=steps, minutes=None)
    run.write_config(config)
    update(done, steps)
    return config
