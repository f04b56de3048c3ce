"""`aigc-keras interpolate`."""

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow


def interpolate(
    captions: list[str] = typer.Argument(
        None, help="Where the walk goes; one is enough with --to-seed or --slider."
    ),
    output: str = typer.Option(
        "walk.gif",
        "-o",
        "--output",
        help=".gif, .webp or .apng move, .mp4 with the extra `video`; .png is a sheet.",
    ),
    frames: int = typer.Option(16, help="Pictures of a walk."),
    seed: int = typer.Option(0, help="Noise at the first caption."),
    to_seed: int = typer.Option(
        None, help="Noise at the last caption; default the same."
    ),
    loop: bool = typer.Option(False, "--loop", help="Walk back to the first caption."),
    slider: tuple[str, str] = typer.Option(
        None,
        help="Two captions; draw CAPTION, or the first, with more of the difference.",
    ),
    amounts: str = typer.Option(
        "-0.5,0,0.5,1,1.5", help="How much of it: 0 nothing, 1 all."
    ),
    fps: float = typer.Option(8, help="Frames a second."),
    scale: int = typer.Option(1, help="Enlarge by a whole number."),
    truncation: float = typer.Option(
        None, help="Keep noise within so many deviations; default the model's."
    ),
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Draw the way from caption to caption, from noise to noise, or along a change.

    Example: aigc-keras interpolate "a small red circle on the left of a grey
    background" "a large blue star on a pink background" --loop --scale 4 -o walk.gif

    Example: aigc-keras interpolate "a small blue star on the right of a cyan
    background" --slider "a small red circle on the left of a grey background"
    "a large red circle on the left of a grey background" -o sizes.png
    """
    import_tensorflow()
    from aigc_keras.language.text_encoder import check_captions
    from aigc_keras.tasks.animations import check_animation, write_frames
    from aigc_keras.tasks.interpolate import draw_slider, draw_walk
    from aigc_keras.training import open_model

    captions = check_captions(captions or [])
    ends = check_captions(slider or [])
    check_animation(output, fps, scale)
    if not ends:
        _check_walk(captions, to_seed)
        gan = open_model(run, preset)
        images = draw_walk(gan, captions, frames, seed, to_seed, loop, truncation)
        result = {"to_seed": to_seed, "loop": loop}
        write_frames(images, output, fps, scale)
    else:
        _check_slider(captions, to_seed, loop)
        numbers = _read_amounts(amounts)
        gan = open_model(run, preset)
        caption = captions[0] if captions else None
        images = draw_slider(gan, *ends, numbers, caption, seed, truncation)
        result = {"slider": ends, "amounts": numbers}
        write_frames(images, output, fps, scale, columns=len(images))
    result = {
        "output": output,
        "captions": captions,
        "seed": seed,
        "frames": len(images),
        **result,
    }
    print_result(result, json, [output])


def _check_walk(captions, to_seed):
    if len(captions) < 2 and (to_seed is None or not captions):
        raise ValueError(
            "Give two captions, or one and --to-seed, or --slider. "
            f"Received: {len(captions)} captions"
        )


def _check_slider(captions, to_seed, loop):
    if len(captions) > 1 or to_seed is not None or loop:
        raise ValueError(
            "--slider takes one caption at most, and neither --to-seed nor --loop. "
            f"Received: {len(captions)} captions, to_seed={to_seed}, loop={loop}"
        )


def _read_amounts(text):
    try:
        return [float(word) for word in text.split(",")]
    except ValueError as error:
        raise ValueError(
            "--amounts must be numbers with commas between, such as 0,0.5,1. "
            f"Received: {text!r}"
        ) from error
