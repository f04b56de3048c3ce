"""`aigc-keras presets`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def presets(
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """List the named architectures, and which of them come trained.

    Example: aigc-keras presets
    """
    import_tensorflow()
    from aigc_keras.models.packaged import shipped_models
    from aigc_keras.models.presets import PRESETS

    shipped = shipped_models()
    result, lines = {}, []
    for name, entry in PRESETS.items():
        result[name] = {**entry, "trained": name in shipped}
        mark = "trained" if name in shipped else "no weights"
        lines.append(f"{name:<10} {mark:<11} {entry['description']}")
    print_result(result, json, lines)
