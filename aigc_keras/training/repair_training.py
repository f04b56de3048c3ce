"""Trains what fills holes and takes noise and blur away."""

import math

import keras

from aigc_keras.datasets import load_dataset
from aigc_keras.fused_adam import FusedAdam
from aigc_keras.models import ImageRepairer
from aigc_keras.models.repair_model import RepairModel
from aigc_keras.models.text_side import make_caption_table
from aigc_keras.progress import progress_bar
from aigc_keras.training.callbacks import TrainingDiverged
from aigc_keras.training.config import resolve_precision
from aigc_keras.training.run_folder import RunFolder, load_run, replace_part
from aigc_keras.training.trainer import cache_dir, dataset_arguments

REPAIRER_STEPS = 6000
RATE = 2e-3


def train_repairer(config, run_dir, steps=None):
    """Train a repairer on images, for captions as the run's GAN reads them.

    What lies in the run's `repairer` is replaced when the training is over.

    Args:
        config: `TrainingConfig`; what it says of the data, the batch, the precision and
            the seed counts.
        run_dir: Path of the folder of a run with a GAN.
        steps: int. Batches of `config.batch_size` images. Default `REPAIRER_STEPS`.

    Returns:
        Tuple `(repairer, run)`: the `ImageRepairer` and the `RunFolder`.

    Raises:
        RunError: If the run has no GAN with a checkpoint.
        DatasetError: If the data set cannot be read.
        TrainingDiverged: If the loss is no longer finite.
    """
    run = RunFolder(run_dir)
    gan = load_run(run_dir)
    dataset = load_dataset(
        config.dataset,
        config.split,
        config.image_size,
        config.batch_size,
        **dataset_arguments(config),
    )
    table = make_caption_table(gan.judge_text_encoder, dataset, cache_dir(config))
    steps = steps or REPAIRER_STEPS
    keras.utils.set_random_seed(config.seed)
    precision = resolve_precision(config.precision)
    repairer = ImageRepairer(
        config.image_size, gan.generator.text_dim, dtype=precision, name="repairer"
    )
    model = RepairModel(repairer, seed=config.seed)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=RATE, warmup_steps=min(100, steps // 4)
    )
    model.compile(optimizer=FusedAdam(rate, clipnorm=1.0), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    size = min(dataset.batch_size, dataset.num_images)
    batches = dataset.training_batches(table, size, config.seed)
    with progress_bar("The repairer learns to mend") as update:
        for step, batch in zip(range(1, steps + 1), batches, strict=False):
            loss = float(model.train_on_batch(batch))
            model.reset_metrics()
            if not math.isfinite(loss):
                raise TrainingDiverged(
                    "The loss of the repairer must stay finite; what was trained "
                    f"before is kept. Received: {loss} at step {step}"
                )
            if step % 10 == 0 or step == steps:
                update(step, steps, f"loss {loss:.3f}")
    replace_part(repairer, run.repairer_path)
    return repairer, run
