"""`aigc-keras export`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def export(
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    format: str = typer.Option(
        "saved_model", help="saved_model, to serve; or preset, to share and load."
    ),
    output: str = typer.Option(
        None, "-o", "--output", help="Model folder [saved_models/NAME]."
    ),
    name: str = typer.Option(
        None, help="Model in saved_models whose next version this is [the run's name]."
    ),
    serving_files: str = typer.Option(
        None,
        help="Folder for what TensorFlow Serving needs beside the model: its "
        "configuration, compose.yaml, requests to warm up.",
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Export a run as a SavedModel: text and files in, text and pictures out.

    With --format preset: a small folder of half-precision weights, which every --preset
    and `TextToImageGAN.from_preset` read; what was trained beside the GAN goes along.

    Example: aigc-keras export --run saved_models/runs/quickstart
    """
    import_tensorflow()
    import importlib.util
    import pathlib

    from aigc_keras.serving import export
    from aigc_keras.serving.serving_files import write_serving_files
    from aigc_keras.training import RunError, open_model, open_parts

    if format not in ("saved_model", "preset"):
        raise RunError(
            f"`--format` must be saved_model or preset. Received: --format {format}"
        )
    if serving_files is not None:
        if format == "preset":
            raise RunError("--serving-files are of a saved_model. Received: a preset")
        if importlib.util.find_spec("tensorflow_serving") is None:
            raise RunError(
                "--serving-files need the extra serving: pip install "
                "'aigc_keras[serving]'. Received: no tensorflow-serving-api"
            )
    if name is not None and output is not None:
        raise RunError(f"Give --name or --output. Received: {name} and {output}")
    if format == "preset" and output is None:
        raise RunError("A preset needs a folder. Received: no --output")
    gan = open_model(run, preset)
    if format == "preset":
        gan.save_to_preset(output, **open_parts(run, preset))
        print_result({"saved": output}, json, [output])
        return
    name = name or pathlib.Path(run or preset).name
    version = export(gan, output or f"saved_models/{name}")
    result = {"exported": str(version)}
    if serving_files is not None:
        result["serving_files"] = str(write_serving_files(version, serving_files))
    print_result(result, json, list(result.values()))
