"""`aigc-keras edit`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def edit(
    picture: str = typer.Argument(help="Image file of any size."),
    sentence: str = typer.Argument(
        help="What to change, or a caption of what the picture is to show."
    ),
    output: str = typer.Option("edited.png", "-o", "--output", help="PNG file."),
    caption: str = typer.Option(
        None, help="What the picture shows [the captioner says it]."
    ),
    strength: float = typer.Option(
        1.0, min=0, max=2, help="0 changes nothing, 2 is the most."
    ),
    seed: int = typer.Option(None, help="For variants [the likeliest]."),
    refine: int = typer.Option(
        0, min=0, help="Steps that first bring the drawing nearer to the picture."
    ),
    compare: bool = typer.Option(
        False, "--compare", help="Write the picture before and after, side by side."
    ),
    framing: str = typer.Option("centre", help="centre, random or letterbox."),
    scale: int = typer.Option(1, min=1, help="Enlarge by a whole number."),
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Change a picture by a sentence, in English or Chinese.

    A model with an instruction reader, such as shapes_64, takes instructions and whole
    captions; any other takes the sentence for the caption of the new picture.

    Example: aigc-keras edit picture.png "make the circle blue" --compare -o blue.png
    """
    import_tensorflow()
    import numpy as np

    from aigc_keras.datasets.images import check_image
    from aigc_keras.datasets.pictures import check_output, write_picture
    from aigc_keras.language import check_captions
    from aigc_keras.progress import progress_bar
    from aigc_keras.tasks import edit_picture
    from aigc_keras.training import open_model

    check_image(picture)
    check_output(output)
    check_captions([sentence] if caption is None else [sentence, caption])
    gan = open_model(run, preset)
    with progress_bar("The drawing comes nearer to the picture") as update:
        settings = (caption, strength, seed, refine, framing, update)
        edited = edit_picture(gan, picture, sentence, *settings)
    images = [edited.before, edited.after] if compare else [edited.after]
    write_picture(np.stack(images), output, columns=len(images), scale=scale)
    result = {
        "output": output,
        "sentence": sentence,
        "caption": edited.caption,
        "new_caption": edited.new_caption,
        "strength": strength,
        "seed": seed,
        "refine": refine,
    }
    lines = [output, f"{edited.caption} -> {edited.new_caption}"]
    print_result(result, json, lines)
