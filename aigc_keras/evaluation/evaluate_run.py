"""From a run's folder to numbers."""

import numpy as np

from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.loading import SOURCE_ARGUMENTS
from aigc_keras.datasets.registry import open_source
from aigc_keras.datasets.shapes.examples import read_examples
from aigc_keras.datasets.sources import Options
from aigc_keras.evaluation.run_alignment import measure_alignment
from aigc_keras.evaluation.run_variety import measure_diversity, measure_realism
from aigc_keras.models.text_side import make_caption_table

LOSS_IMAGES = 512


def evaluate_gan(gan, config, num_images=2000, seed=0, on_batch=None):
    """Measure a trained GAN on the data set it learned from.

    `shapes` is measured by alignment on captions of `test` and `test_unseen`, and by
    variety and realism on `test`; any other data set by the losses of the averaged
    generator on its own split.

    Args:
        gan: Compiled `TextToImageGAN` with a text encoder.
        config: Dict of the run's settings, see `TrainingConfig`.
        num_images: int. Images a split at most.
        seed: int. Seed of the first image.
        on_batch: Function `(done, total)`, for progress.

    Returns:
        Dict ready for JSON.
    """
    name = config["dataset"]
    if name.partition("/")[0] == "shapes":
        prepared_dir = config["prepared_dir"]
        result = measure_alignment(gan, name, prepared_dir, num_images, seed, on_batch)
        return result | {"variety": measure_variety(gan, config, num_images, seed)}
    dataset = load_dataset(
        name,
        config["split"],
        config["image_size"],
        min(config["batch_size"], num_images),
        **{name: config[name] for name in SOURCE_ARGUMENTS},
    )
    batch_size = min(config["batch_size"], dataset.num_images)
    table = make_caption_table(
        gan.judge_text_encoder, dataset, None, gan.language_side is not None
    )
    labelled = dataset.with_classes(gan.class_names)
    batches = labelled.training_batches(table, batch_size, seed)
    steps = max(1, min(num_images, dataset.num_images, LOSS_IMAGES) // batch_size)
    losses = gan.evaluate(batches, steps=steps, verbose=0, return_dict=True)
    return {config["split"]: {"losses": {k: float(v) for k, v in losses.items()}}}


def measure_variety(gan, config, num_images=2000, seed=0):
    """Measure diversity and realism on the test split of `shapes`.

    Returns:
        Dict of float: `diversity` and, of four pictures or more, the figures of
        `measure_realism`, which compares halves.
    """
    name, prepared_dir = config["dataset"], config["prepared_dir"]
    source = open_source(name, Options(prepared_dir=prepared_dir))
    source.prepare()
    split = f"test[:{num_images}]"
    examples = read_examples(source.builder, split)
    side = gan.generator.image_size
    dataset = load_dataset(name, split, side, prepared_dir=prepared_dir)
    images = dataset.model_images(np.arange(len(examples)))
    diversity = measure_diversity(gan, examples, seed)
    if gan.judge is None or len(examples) < 4:
        return {"diversity": diversity}
    return {"diversity": diversity, **measure_realism(gan, images, examples, seed)}
