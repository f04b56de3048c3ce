"""`aigc-keras models`: the versions of exported models and their labels."""

import pathlib

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow

app = typer.Typer(
    help="List the exported models; label a version stable or canary, and go back.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
NAME = typer.Argument(help="Model, such as shapes_64.")
FOLDER = typer.Option("saved_models", "--models", help="Folder of exported models.")
LABEL = typer.Option("stable", help="stable or canary.")
CONFIG = typer.Option(
    None, "--serving-files", help="Folder whose models.config is to follow."
)
JSON = typer.Option(False, "--json", help="Print one JSON object.")


@app.command("list")
def list_models(models: str = FOLDER, json: bool = JSON):
    """List models, their versions and labels.

    Example: aigc-keras models list
    """
    import_tensorflow()
    from aigc_keras.serving.registry import list_models

    result = list_models(models)
    lines = []
    for name, found in result.items():
        marks = {number: label for label, number in found["labels"].items()}
        shown = (
            f"{n} ({marks[n]})" if n in marks else str(n) for n in found["versions"]
        )
        lines.append(f"{name:<18} {', '.join(shown)}")
    print_result(result, json, lines)


@app.command("promote")
def promote(
    name: str = NAME,
    version: int = typer.Argument(help="Version, such as 2."),
    label: str = LABEL,
    models: str = FOLDER,
    serving_files: str = CONFIG,
    json: bool = JSON,
):
    """Label a version stable or canary, in the model's labels.json.

    The labelled versions are served from then on: by `aigc-keras serve` within a
    second, and with --serving-files by TensorFlow Serving.

    Example: aigc-keras models promote shapes_64 2 --label canary
    """
    import_tensorflow()
    from aigc_keras.serving import registry

    folder = pathlib.Path(models, name)
    registry.promote(folder, version, label)
    _follow(folder, serving_files, json)


@app.command("rollback")
def rollback(
    name: str = NAME,
    label: str = LABEL,
    models: str = FOLDER,
    serving_files: str = CONFIG,
    json: bool = JSON,
):
    """Go back to the stable version before, or take the canary away.

    Example: aigc-keras models rollback shapes_64
    """
    import_tensorflow()
    from aigc_keras.serving import registry

    folder = pathlib.Path(models, name)
    registry.rollback(folder, label)
    _follow(folder, serving_files, json)


def _follow(folder, serving_files, json):
    from aigc_keras.serving.registry import read_labels
    from aigc_keras.serving.serving_files import write_models_config

    if serving_files is not None:
        write_models_config(folder, serving_files)
    labels = read_labels(folder)
    lines = [f"{label}: {number}" for label, number in labels.items()]
    print_result({"model": folder.name, "labels": labels}, json, lines)
