"""Trains a network beside a GAN on its pictures and captions."""

import math

import keras

from aigc_keras.datasets import load_dataset
from aigc_keras.fused_adam import FusedAdam
from aigc_keras.models.text_side import make_caption_table
from aigc_keras.progress import progress_bar
from aigc_keras.training.callbacks import TrainingDiverged
from aigc_keras.training.trainer import cache_dir, dataset_arguments

RATE = 2e-3


def load_pictures(config, text_encoder):
    """Return a run's pictures and what their captions say.

    Args:
        config: `TrainingConfig`; what it says of the data and the batch counts.
        text_encoder: `GPT2TextEncoder` that reads the captions.

    Returns:
        Tuple of the `CaptionedDataset` and the caption table of its captions.

    Raises:
        DatasetError: If the data set cannot be read.
    """
    dataset = load_dataset(
        config.dataset,
        config.split,
        config.image_size,
        config.batch_size,
        **dataset_arguments(config),
    )
    return dataset, make_caption_table(text_encoder, dataset, cache_dir(config))


def fit_on_pictures(model, dataset, table, steps, seed, doing):
    """Train on batches of pictures and captions, with a progress bar.

    Args:
        model: `keras.Model` trained on dicts of `image` and `text_embedding`.
        dataset: `CaptionedDataset`.
        table: The caption table of its captions.
        steps: int. Batches.
        seed: int. Seeds their order.
        doing: str, such as `"The repairer learns to mend"`; its second word is named
            where the loss is not finite.

    Raises:
        TrainingDiverged: If the loss is no longer finite.
    """
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=RATE, warmup_steps=min(100, steps // 4)
    )
    model.compile(optimizer=FusedAdam(rate, clipnorm=1.0), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    size = min(dataset.batch_size, dataset.num_images)
    batches = dataset.training_batches(table, size, seed)
    with progress_bar(doing) as update:
        for step, batch in zip(range(1, steps + 1), batches, strict=False):
            loss = float(model.train_on_batch(batch))
            model.reset_metrics()
            if not math.isfinite(loss):
                raise TrainingDiverged(
                    f"The loss of the {doing.split()[1]} must stay finite; what was "
                    f"trained before is kept. Received: {loss} at step {step}"
                )
            if step % 10 == 0 or step == steps:
                update(step, steps, f"loss {loss:.3f}")
