"""`aigc-keras repair`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def repair(
    picture: str = typer.Argument(help="Image file of any size."),
    caption: str = typer.Argument(
        None, help="What it shows, if it is no larger than the model draws [found out]."
    ),
    output: str = typer.Option("repaired.png", "-o", "--output", help="PNG file."),
    compare: bool = typer.Option(
        False, "--compare", help="Write before and after side by side."
    ),
    language: str = typer.Option("en", help="Of the caption that is found: en or zh."),
    seed: int = typer.Option(0, help="The same seed gives the same pixels."),
    run: str = typer.Option(None, help="Run folder with a repairer [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Take noise and blur off a picture; which of them it is need not be said.

    A picture larger than the model draws is repaired part by part at its own size.

    Example: aigc-keras repair noisy.png -o clean.png
    """
    import_tensorflow()
    from aigc_keras.datasets.images import check_image
    from aigc_keras.datasets.pictures import check_output, write_png
    from aigc_keras.progress import progress_bar
    from aigc_keras.tasks import repair_file
    from aigc_keras.training import open_model, open_parts

    check_image(picture)
    check_output(output)
    gan, captioner = open_model(run, preset), None
    if caption is None:
        captioner = open_parts(run, preset, ["captioner"]).get("captioner")
    with progress_bar("The picture is repaired") as update:
        mended = repair_file(gan, picture, caption, captioner, language, seed, update)
    write_png(mended.side_by_side() if compare else mended.picture, output)
    result = {
        "output": output,
        "caption": mended.caption,
        "caption_found": mended.found,
        "seed": seed,
    }
    print_result(result, json, [output])
