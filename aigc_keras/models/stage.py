"""A stage of training before the GAN."""

import itertools

import keras

from aigc_keras.fused_adam import FusedAdam
from aigc_keras.progress import progress_bar
from aigc_keras.traced_step import traced_step


def stage_steps(most, dataset, batch_size):
    """Return how many steps a stage takes: a small data set thirty passes, if fewer.

    Args:
        most: int. Steps on a large data set.
        dataset: `CaptionedDataset`.
        batch_size: int. Captions a step.
    """
    passes = 30 * len(dataset.flat_captions) // batch_size
    return min(most, max(50, passes))


def train_stage(model, batches, steps, learning_rate, label):
    """Train a model on batches without end, by AdamW and a cosine schedule, in place.

    Args:
        model: `keras.Model` whose `compute_loss` needs no more than a batch.
        batches: Iterable of dicts of arrays.
        steps: int. Batches that are taken.
        learning_rate: float. Peak of the schedule, reached after fifty steps. It then
            falls for `steps` steps, so that a stage ends a little above zero.
        label: str. What the progress bar says.
    """
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        steps,
        warmup_target=learning_rate,
        warmup_steps=min(50, steps // 4),
    )
    model.compile(optimizer=FusedAdam(rate, weight_decay=1e-4), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    batches = itertools.islice(batches, steps)
    first = next(batches, None)
    if first is None:
        return
    train = traced_step(model, first, fixed_rows=True)
    with progress_bar(label) as update:
        for step, batch in enumerate(itertools.chain([first], batches), 1):
            loss = train(batch)
            if step % 10 == 0:
                update(step, steps, f"loss {loss:.2f}")
