"""`aigc-keras inpaint`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def inpaint(
    picture: str = typer.Argument(help="Image file of any size."),
    caption: str = typer.Argument(
        None, help="What the whole picture shows [the captioner finds out]."
    ),
    mask: str = typer.Option(
        None, help="Picture as large as it, white where it is missing."
    ),
    box: list[str] = typer.Option(
        None, help="left,top,right,bottom of what is missing; may be repeated."
    ),
    stroke: list[str] = typer.Option(
        None, help="x,y,x,y,...:radius of a brush stroke; may be repeated."
    ),
    output: str = typer.Option("inpainted.png", "-o", "--output", help="PNG file."),
    compare: bool = typer.Option(
        False, "--compare", help="Write before and after side by side."
    ),
    language: str = typer.Option("en", help="Of the caption that is found: en or zh."),
    seed: int = typer.Option(0, help="The same seed fills with the same pixels."),
    run: str = typer.Option(None, help="Run folder with a repairer [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Fill what is missing in a picture; all other pixels stay as they are.

    The filling is drawn at the model's size and scaled: of a large picture it is soft.
    Rotation by EXIF is applied, transparency kept; other metadata are not.

    Example: aigc-keras inpaint picture.png "a large red circle on a grey background"
    --box 20,20,44,44 -o whole.png
    """
    import_tensorflow()
    from aigc_keras.datasets.holes import parse_box, parse_stroke
    from aigc_keras.datasets.images import check_image
    from aigc_keras.datasets.pictures import check_output, write_png
    from aigc_keras.tasks import inpaint_file
    from aigc_keras.training import open_model, open_parts

    for path in filter(None, (picture, mask)):
        check_image(path)
    check_output(output)
    holes = [parse_box(text) for text in box or []]
    holes += [parse_stroke(text) for text in stroke or []]
    if not holes and mask is None:
        raise ValueError(
            "Say what is missing by --mask, --box or --stroke. Received: none of them"
        )
    gan, captioner = open_model(run, preset), None
    if caption is None:
        captioner = open_parts(run, preset, ["captioner"]).get("captioner")
    mended = inpaint_file(gan, picture, holes, mask, caption, captioner, language, seed)
    write_png(mended.side_by_side() if compare else mended.picture, output)
    result = {
        "output": output,
        "caption": mended.caption,
        "caption_found": mended.found,
        "seed": seed,
    }
    print_result(result, json, [output])
