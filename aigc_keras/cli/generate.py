"""`aigc-keras generate`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def generate(
    captions: list[str] = typer.Argument(
        None, help="What to draw, English or Chinese."
    ),
    imagine: int = typer.Option(
        None, help="Let GPT-2 write so many captions, from CAPTIONS as beginnings."
    ),
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
    text_font: str = typer.Option(
        None, help="Font file of imagined captions [one with Chinese glyphs]."
    ),
    scale: int = typer.Option(1, help="Enlarge by a whole number."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Draw captions, given or imagined; imagined ones stand under their pictures.

    Example: aigc-keras generate "a small red circle on the left of a grey background"
    --seed 7 -o red.png
    """
    import_tensorflow()
    from aigc_keras.datasets.pictures import check_output, write_picture, write_png
    from aigc_keras.datasets.preview import draw_preview, load_font
    from aigc_keras.language.text_encoder import check_captions, is_caption
    from aigc_keras.training import open_model, open_prompt_writer

    captions = check_captions(captions or [])
    check_output(output)
    if imagine is not None:
        writer = open_prompt_writer(run, preset)
        captions = [
            caption
            for beginning in captions or [""]
            for caption in writer.generate(beginning, imagine, seed)
            if is_caption(caption)
        ]
        font = load_font(text_font, "".join(captions))
    if not captions:
        raise ValueError(
            "Give a caption to draw, or --imagine 8 to let GPT-2 write some. "
            "Received: neither"
        )
    gan = open_model(run, preset)
    repeated = [caption for caption in captions for _ in range(num)]
    images = gan.generate(repeated, seed, truncation)
    if imagine is not None:
        width = 128 * max(1, scale)
        columns = min(4, len(images))
        write_png(draw_preview(images, repeated, columns, width, font), output)
    else:
        write_picture(
            images, output, columns=num if len(captions) > 1 else None, scale=scale
        )
    result = {"output": output, "captions": captions, "seed": seed, "num": num}
    print_result(result, json, [output])
