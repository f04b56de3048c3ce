"""`aigc-keras evaluate`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow

# Prompts, or images of a split, where texts are measured.
TEXTS = 1000


def evaluate(
    task: str = typer.Option(
        "gan", help="gan, prompts, captions, or cycle: caption, image, caption."
    ),
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    dataset: str = typer.Option("shapes", help="What a preset is measured on."),
    prepared_dir: str = typer.Option("data", help="Where prepared data are kept."),
    num_images: int = typer.Option(
        None, help="Images of a split, or prompts, at most [2000; 1000 of texts]."
    ),
    split: str = typer.Option("test", help="Split, for captions and cycle."),
    seed: int = typer.Option(0, help="Seed of the first image."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Measure how well a run, or a trained model, draws captions it has not seen.

    Example: aigc-keras evaluate --run saved_models/runs/quickstart --json
    """
    import_tensorflow()
    from aigc_keras.evaluation.tables import alignment_table, figures_table
    from aigc_keras.progress import progress_bar

    if num_images is not None and num_images < 1:
        raise ValueError(
            f"--num-images must be at least 1. Received: num_images={num_images}"
        )
    if task not in MEASURES:
        raise ValueError(
            f"--task must be one of {', '.join(MEASURES)}. Received: task={task!r}"
        )
    config = _settings(run, dataset, prepared_dir)
    measure, label = MEASURES[task]
    with progress_bar(label) as update:
        result = measure(run, preset, config, split, num_images, seed, update)
    table = alignment_table if task == "gan" else figures_table
    print_result(result, json, table(result))


def _settings(run, dataset, prepared_dir):
    from aigc_keras.training import RunFolder, TrainingConfig

    if run is not None:
        return RunFolder(run).read_config()
    return TrainingConfig(dataset, prepared_dir=prepared_dir)


def _load_split(config, split, image_size):
    from aigc_keras.datasets import load_dataset
    from aigc_keras.training.trainer import dataset_arguments

    return load_dataset(
        config.dataset,
        split,
        image_size,
        config.batch_size,
        **dataset_arguments(config),
    )


def _measure_gan(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import evaluate_gan
    from aigc_keras.training import open_model

    del split
    gan = open_model(run, preset)
    if run is None:
        gan.compile()
        config = config.replace(image_size=gan.generator.image_size)
    return evaluate_gan(gan, config.to_dict(), num_images or 2000, seed, update)


def _measure_prompts(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_prompts
    from aigc_keras.training import open_prompt_writer

    del split
    writer = open_prompt_writer(run, preset)
    known = _load_split(config, config.split, config.image_size).flat_captions
    scenes = config.dataset.startswith("shapes")
    number = num_images or TEXTS
    figures = measure_prompts(writer, known, number, seed, scenes, on_batch=update)
    return {"prompts": figures}


def _measure_captions(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_captions
    from aigc_keras.training import open_captioner

    del seed
    captioner = open_captioner(run, preset)
    dataset = _load_split(config, split, captioner.image_size)
    return measure_captions(captioner, dataset, num_images or TEXTS, on_batch=update)


def _measure_cycle(run, preset, config, split, num_images, seed, update):
    from aigc_keras.evaluation import measure_cycle
    from aigc_keras.training import open_captioner, open_model

    captioner = open_captioner(run, preset)
    gan = open_model(run, preset)
    dataset = _load_split(config, split, captioner.image_size)
    number = num_images or TEXTS
    return measure_cycle(gan, captioner, dataset, number, seed, on_batch=update)


MEASURES = {
    "gan": (_measure_gan, "Unseen captions are drawn and read"),
    "prompts": (_measure_prompts, "GPT-2 writes captions"),
    "captions": (_measure_captions, "Pictures are described"),
    "cycle": (_measure_cycle, "Captions are drawn and described"),
}
