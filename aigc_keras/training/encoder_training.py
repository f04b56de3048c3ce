"""Trains what finds the noise of pictures, for a GAN that was trained without."""

import keras

from aigc_keras.models import NoiseEncoder
from aigc_keras.models.noise_encoder_model import NoiseEncoderModel
from aigc_keras.training.config import RunError, resolve_precision
from aigc_keras.training.picture_training import fit_on_pictures, load_pictures
from aigc_keras.training.run_folder import RunFolder, load_run, replace_part

ENCODER_STEPS = 3000
# A fifth of a megabyte in half precision, at 64 pixels.
SIZES = {"base_channels": 4, "hidden_dim": 96}


def train_noise_encoder(config, run_dir, steps=None):
    """Train a noise encoder for a run's GAN, which stays as it is.

    What lies in the run's `noise_encoder` is replaced when the training is over. It
    fits the generator of the newest checkpoint, so the GAN should be done by then.

    Args:
        config: `TrainingConfig`; what it says of the data, the batch, the precision and
            the seed counts.
        run_dir: Path of the folder of a run with a GAN.
        steps: int. Batches of `config.batch_size` images. Default `ENCODER_STEPS`.

    Returns:
        Tuple `(encoder, run)`: the `NoiseEncoder` and the `RunFolder`.

    Raises:
        RunError: If the run has no GAN with a checkpoint, or one with a noise encoder
            of its own.
        DatasetError: If the data set cannot be read.
        TrainingDiverged: If the loss is no longer finite.
    """
    run = RunFolder(run_dir)
    gan = load_run(run_dir)
    if gan.noise_encoder is not None:
        raise RunError(
            "A noise encoder is trained for a GAN that has none; this one's learned "
            f"along with it. Received: {run_dir}"
        )
    dataset, table = load_pictures(config, gan.text_encoder)
    keras.utils.set_random_seed(config.seed)
    encoder = NoiseEncoder(
        config.image_size,
        gan.generator.text_dim,
        gan.generator.noise_dim,
        dtype=resolve_precision(config.precision),
        name="noise_encoder",
        **SIZES,
    )
    model = NoiseEncoderModel(encoder, gan.ema_generator, gan.judge, seed=config.seed)
    steps = steps or ENCODER_STEPS
    doing = "The encoder learns to find noise"
    fit_on_pictures(model, dataset, table, steps, config.seed, doing)
    replace_part(encoder, run.noise_encoder_path)
    return encoder, run
