"""`aigc-keras presets`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def presets(
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """List the named architectures.

    Example: aigc-keras presets
    """
    import_tensorflow()
    from aigc_keras.models.presets import PRESETS

    lines = [f"{name:<12} {entry['description']}" for name, entry in PRESETS.items()]
    print_result(PRESETS, json, lines)
