"""Trains what fills holes and takes noise and blur away."""

import keras

from aigc_keras.models import ImageRepairer
from aigc_keras.models.repair_model import RepairModel
from aigc_keras.training.config import resolve_precision
from aigc_keras.training.picture_training import fit_on_pictures, load_pictures
from aigc_keras.training.run_folder import RunFolder, load_run, replace_part

REPAIRER_STEPS = 6000


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
    dataset, table = load_pictures(config, gan.judge_text_encoder)
    keras.utils.set_random_seed(config.seed)
    precision = resolve_precision(config.precision)
    repairer = ImageRepairer(
        config.image_size, gan.generator.text_dim, dtype=precision, name="repairer"
    )
    model = RepairModel(repairer, seed=config.seed)
    steps = steps or REPAIRER_STEPS
    doing = "The repairer learns to mend"
    fit_on_pictures(model, dataset, table, steps, config.seed, doing)
    replace_part(repairer, run.repairer_path)
    return repairer, run
