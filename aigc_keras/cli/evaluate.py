"""`aigc-keras evaluate`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def evaluate(
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    dataset: str = typer.Option("shapes", help="What a preset is measured on."),
    prepared_dir: str = typer.Option("data", help="Where prepared data are kept."),
    num_images: int = typer.Option(2000, help="Images of a split at most."),
    seed: int = typer.Option(0, help="Seed of the first image."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Measure how well a run, or a trained model, draws captions it has not seen.

    Example: aigc-keras evaluate --run saved_models/runs/quickstart --json
    """
    import_tensorflow()
    from aigc_keras.evaluation import evaluate_gan
    from aigc_keras.evaluation.tables import alignment_table
    from aigc_keras.progress import progress_bar
    from aigc_keras.training import RunFolder, TrainingConfig, open_model

    if num_images < 1:
        raise ValueError(
            f"--num-images must be at least 1. Received: num_images={num_images}"
        )
    gan = open_model(run, preset)
    if run is not None:
        config = RunFolder(run).read_config()
    else:
        gan.compile()
        size = gan.generator.image_size
        config = TrainingConfig(dataset, image_size=size, prepared_dir=prepared_dir)
    with progress_bar("Unseen captions are drawn and read") as update:
        result = evaluate_gan(gan, config.to_dict(), num_images, seed, update)
    print_result(result, json, alignment_table(result))
