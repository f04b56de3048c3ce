"""`aigc-keras caption`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def caption(
    pictures: list[str] = typer.Argument(help="Image files of any size."),
    language: str = typer.Option("en", help="en or zh."),
    method: str = typer.Option("greedy", help="greedy, beam or sample."),
    beams: int = typer.Option(4, help="Captions kept in sight, for beam."),
    seed: int = typer.Option(0, help="For sample."),
    framing: str = typer.Option("centre", help="centre, random or letterbox."),
    run: str = typer.Option(None, help="Run folder with a captioner [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Describe pictures.

    Example: aigc-keras caption picture.png --language zh
    """
    import_tensorflow()
    import numpy as np

    from aigc_keras.datasets.framing import get_framing
    from aigc_keras.datasets.images import check_image, read_image
    from aigc_keras.training import open_captioner

    for path in pictures:
        check_image(path)
    captioner = open_captioner(run, preset)
    frame = get_framing(framing, captioner.image_size)
    images = np.stack([read_image(path, framing=frame) for path in pictures])
    captions = captioner.caption(images, language, method, beams, seed)
    rows = [
        {"picture": path, "caption": text}
        for path, text in zip(pictures, captions, strict=True)
    ]
    lines = captions
    if len(pictures) > 1:
        lines = [f"{row['picture']}: {row['caption']}" for row in rows]
    print_result({"language": language, "captions": rows}, json, lines)
