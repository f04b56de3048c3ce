"""`aigc-keras export`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def export(
    run: str = typer.Option(..., help="Run folder of a trained GAN."),
    output: str = typer.Option(
        None, "-o", "--output", help="Model folder [saved_models/<run>]."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Export a run as a SavedModel: text and seed in, pictures out.

    Example: aigc-keras export --run saved_models/runs/quickstart
    """
    import_tensorflow()
    import pathlib

    from aigc_keras.serving import export
    from aigc_keras.training import load_run

    gan = load_run(run)
    version = export(gan, output or f"saved_models/{pathlib.Path(run).name}")
    print_result({"exported": str(version)}, json, [str(version)])
