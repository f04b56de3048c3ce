"""Trains what writes: prompt writer, captioner, and reader of instructions."""

import math
import random

import keras
import numpy as np

from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.shapes.edits import sample_instruction
from aigc_keras.datasets.triples import read_triples
from aigc_keras.fused_adam import FusedAdam
from aigc_keras.language import GPT2LanguageModel, GPT2TextEncoder, InstructionReader
from aigc_keras.models import ImageCaptioner
from aigc_keras.models.presets import get_preset
from aigc_keras.models.saving import TEXT_ENCODER_FOLDER
from aigc_keras.progress import progress_bar
from aigc_keras.training.callbacks import TrainingDiverged
from aigc_keras.training.config import RunError, resolve_precision
from aigc_keras.training.run_folder import RunFolder, replace_part
from aigc_keras.training.trainer import dataset_arguments

PROMPT_STEPS = 3000
CAPTIONER_STEPS = 3000
INSTRUCTION_STEPS = 3000
INSTRUCTION_BATCH_SIZE = 64
PROMPT_BATCH_SIZE = 128
# Few captions are soon known by heart.
MOST_PASSES = 30
# A model of OpenAI's size knows English already, and would forget it at a higher rate.
RATES = {"small": 3e-3, "preset": 5e-5}


def train_prompt_writer(config, run_dir, steps=None):
    """Train GPT-2 to write captions like those of a data set.

    The run's own vocabulary is used where it has a text encoder. What lies in the run's
    `prompt_writer` is replaced when the training is over.

    Args:
        config: `TrainingConfig`; what it says of the data, the preset, the GPT-2 and
            the seed counts.
        run_dir: Path of the run's folder.
        steps: int. Batches of 128 captions at most; a small data set takes thirty
            passes. Default `PROMPT_STEPS`.

    Returns:
        Tuple `(model, run)`: the `GPT2LanguageModel` and the `RunFolder`.

    Raises:
        RunError: If the folder cannot be written.
        DatasetError: If the data set cannot be read.
        TrainingDiverged: If the loss is no longer finite.
    """
    run = RunFolder(run_dir)
    dataset = _load(config)
    run.start_data(config)
    captions = list(dict.fromkeys(dataset.flat_captions))
    rng = np.random.default_rng(config.seed)
    number = min(len(captions), (steps or PROMPT_STEPS) * PROMPT_BATCH_SIZE)
    captions = [captions[row] for row in rng.permutation(len(captions))[:number]]
    epochs = math.ceil((steps or PROMPT_STEPS) * PROMPT_BATCH_SIZE / number)
    model = _new_language_model(run, config, captions)
    rate = RATES["preset" if config.text_encoder else "small"]
    with progress_bar("GPT-2 learns to write captions") as update:
        losses = model.fit(
            captions,
            min(epochs, MOST_PASSES),
            rate,
            PROMPT_BATCH_SIZE,
            config.seed,
            update,
        )
    check_finite(losses[-1], "GPT-2")
    replace_part(model, run.prompt_writer_path)
    return model, run


def train_captioner(config, run_dir, steps=None):
    """Train a captioner on a data set's images, from the run's prompt writer.

    Where the run has no prompt writer, that is trained first. What lies in the run's
    `captioner` is replaced when the training is over.

    Args:
        config: `TrainingConfig`; see `train_prompt_writer`.
        run_dir: Path of the run's folder.
        steps: int. Batches of `config.batch_size` images. Default `CAPTIONER_STEPS`.

    Returns:
        Tuple `(captioner, run)`: the `ImageCaptioner` and the `RunFolder`.

    Raises:
        RunError: If the folder cannot be written.
        DatasetError: If the data set cannot be read.
    """
    run = RunFolder(run_dir)
    dataset = _load(config)
    if run.prompt_writer_path.is_dir():
        language_model = GPT2LanguageModel.from_preset(run.prompt_writer_path)
    else:
        language_model, run = train_prompt_writer(config, run_dir)
    steps = steps or CAPTIONER_STEPS
    keras.config.set_dtype_policy(resolve_precision(config.precision))
    keras.utils.set_random_seed(config.seed)
    captioner = ImageCaptioner(language_model, config.image_size)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        steps,
        warmup_target=RATES["preset" if config.text_encoder else "small"],
        warmup_steps=min(100, steps // 4),
    )
    optimizer = FusedAdam(rate, weight_decay=1e-4, clipnorm=1.0)
    captioner.compile(optimizer=optimizer, jit_compile=False)
    with progress_bar("The captioner learns to describe") as update:
        show = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: update(
                batch + 1, steps, f"loss {logs['loss']:.3f}"
            )
        )
        history = captioner.fit(
            dataset,
            steps_per_epoch=steps,
            seed=config.seed,
            verbose=0,
            callbacks=[show, keras.callbacks.TerminateOnNaN()],
        )
    check_finite(history.history["loss"][-1], "the captioner")
    replace_part(captioner, run.captioner_path)
    return captioner, run


def train_instruction_reader(config, run_dir, steps=None, triples=None):
    """Train GPT-2 to read what a sentence asks of a picture.

    For `shapes` of one object the examples are made, any number of them; for other
    pictures they must be given. What lies in the run's `instruction_reader` is
    replaced when the training is over.

    Args:
        config: `TrainingConfig`; its data set and seed count.
        run_dir: Path of the run's folder.
        steps: int. Batches of 64 examples at most; few examples take thirty passes.
            Default `INSTRUCTION_STEPS`.
        triples: Path of a JSONL file, see `datasets.triples.read_triples`, or None.

    Returns:
        Tuple `(reader, run)`: the `InstructionReader` and the `RunFolder`.

    Raises:
        RunError: If the folder cannot be written, or examples must be given.
        DatasetError: If they cannot be read.
        TrainingDiverged: If the loss is no longer finite.
    """
    run = RunFolder(run_dir)
    number = (steps or INSTRUCTION_STEPS) * INSTRUCTION_BATCH_SIZE
    rng = random.Random(f"instructions/{config.seed}")
    if triples is not None:
        examples = read_triples(triples)
        rng.shuffle(examples)
        examples = examples[:number]
    elif config.dataset in ("shapes", "shapes/single"):
        made = (sample_instruction(rng) for _ in range(number))
        examples = [(one.caption, one.sentence, one.new_caption) for one in made]
    else:
        raise RunError(
            "Instructions are known for shapes/single alone; for other pictures give "
            f"your own examples by --triples. Received: dataset={config.dataset!r}"
        )
    run.start_data(config)
    reader = InstructionReader.from_triples(examples, seed=config.seed)
    epochs = min(MOST_PASSES, math.ceil(number / len(examples)))
    with progress_bar("GPT-2 learns to read instructions") as update:
        losses = reader.fit(
            examples,
            epochs,
            batch_size=INSTRUCTION_BATCH_SIZE,
            seed=config.seed,
            on_batch=update,
        )
    check_finite(losses[-1], "GPT-2")
    replace_part(reader, run.instruction_reader_path)
    return reader, run


def check_finite(loss, name):
    """Keep what was there when a training came to nothing."""
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"The loss of {name} must stay finite; what was trained before is kept. "
            f"Received: {loss}"
        )


def _load(config):
    return load_dataset(
        config.dataset,
        config.split,
        config.image_size,
        config.batch_size,
        **dataset_arguments(config),
    )


def _new_language_model(run, config, captions):
    if config.text_encoder:
        return GPT2LanguageModel.from_preset(config.text_encoder)
    tokenizer = None
    if (run.model_path / TEXT_ENCODER_FOLDER).is_dir():
        folder = run.model_path / TEXT_ENCODER_FOLDER
        tokenizer = GPT2TextEncoder.from_preset(folder).tokenizer
    return GPT2LanguageModel.from_captions(
        captions,
        get_preset(config.preset)["vocabulary_size"],
        epochs=0,
        seed=config.seed,
        tokenizer=tokenizer,
    )
