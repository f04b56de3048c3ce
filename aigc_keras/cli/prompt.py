"""`aigc-keras prompt`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def prompt(
    beginning: str = typer.Argument("", help="How each caption begins."),
    num: int = typer.Option(8, help="Captions to write."),
    seed: int = typer.Option(0, help="The same seed writes the same captions."),
    temperature: float = typer.Option(
        1.0, help="Below 1 more typical, above 1 more daring; 0 the likeliest."
    ),
    top_k: int = typer.Option(None, help="Only the likeliest so many tokens [all]."),
    top_p: float = typer.Option(
        None, help="Only the likeliest tokens that together reach this [all]."
    ),
    run: str = typer.Option(None, help="Run folder with a prompt writer [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Let GPT-2 write captions, from scratch or from a beginning.

    Example: aigc-keras prompt "a large" --num 8
    """
    import_tensorflow()
    from aigc_keras.training import open_prompt_writer

    writer = open_prompt_writer(run, preset)
    captions = writer.generate(beginning, num, seed, temperature, top_k, top_p)
    result = {"prompt": beginning, "seed": seed, "captions": captions}
    print_result(result, json, captions)
