"""`aigc-keras generate`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def generate(
    captions: list[str] = typer.Argument(help="What to draw, English or Chinese."),
    run: str = typer.Option(..., help="Run folder of a trained GAN."),
    output: str = typer.Option(
        "picture.png", "-o", "--output", help="PNG file; several pictures are tiled."
    ),
    seed: int = typer.Option(0, help="The same seed draws the same picture."),
    num: int = typer.Option(1, help="Pictures a caption."),
    scale: int = typer.Option(1, help="Enlarge by a whole number."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Draw captions.

    Example: aigc-keras generate "a small red circle on the left of a grey background"
    --run saved_models/runs/quickstart --seed 7 -o red.png
    """
    import_tensorflow()
    from aigc_keras.datasets.pictures import check_output, write_picture
    from aigc_keras.language.text_encoder import check_captions
    from aigc_keras.training import load_run

    captions = check_captions(captions)
    check_output(output)
    gan = load_run(run)
    repeated = [caption for caption in captions for _ in range(num)]
    images = gan.generate(repeated, seed)
    write_picture(
        images, output, columns=num if len(captions) > 1 else None, scale=scale
    )
    result = {"output": output, "captions": captions, "seed": seed, "num": num}
    print_result(result, json, [output])
