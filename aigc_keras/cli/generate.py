"""`aigc-keras generate`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def generate(
    captions: list[str] = typer.Argument(help="What to draw, English or Chinese."),
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    output: str = typer.Option(
        "picture.png", "-o", "--output", help="PNG file; several pictures are tiled."
    ),
    seed: int = typer.Option(0, help="The same seed draws the same picture."),
    truncation: float = typer.Option(
        None, help="Keep noise within so many deviations [the model's, else all]."
    ),
    num: int = typer.Option(1, help="Pictures a caption."),
    scale: int = typer.Option(1, help="Enlarge by a whole number."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Draw captions.

    Example: aigc-keras generate "a small red circle on the left of a grey background"
    --seed 7 -o red.png
    """
    import_tensorflow()
    from aigc_keras.datasets.pictures import check_output, write_picture
    from aigc_keras.language.text_encoder import check_captions
    from aigc_keras.training import open_model

    captions = check_captions(captions)
    check_output(output)
    gan = open_model(run, preset)
    repeated = [caption for caption in captions for _ in range(num)]
    images = gan.generate(repeated, seed, truncation)
    write_picture(
        images, output, columns=num if len(captions) > 1 else None, scale=scale
    )
    result = {"output": output, "captions": captions, "seed": seed, "num": num}
    print_result(result, json, [output])
