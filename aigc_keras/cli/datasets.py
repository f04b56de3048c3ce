"""`aigc-keras datasets`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def datasets(
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """List the data sets that `--dataset` knows by name.

    Any other tfds data set with an image and a caption feature works too.

    Example: aigc-keras datasets
    """
    import_tensorflow()
    from aigc_keras.datasets import SOURCES

    result = {name: source.description for name, source in SOURCES.items()}
    lines = [f"{name:<14} {text}" for name, text in result.items()]
    print_result(result, json, lines)
