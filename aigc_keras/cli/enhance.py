"""`aigc-keras enhance`."""

import pathlib

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow

STEPS = "aigc_keras.enhance.steps"


def _step(kind, read=None):
    """Return a callback that notes an operation.

    Options are called back in the order in which they stand on the command line.

    Args:
        kind: str. Name of an operation in `aigc_keras.tasks`.
        read: Function from the option's text to a dict of the operation's arguments;
            default: its value is the first argument.
    """

    def note(context: typer.Context, value):
        if value is not None:
            arguments = {} if read is None else read(value)
            steps = context.meta.setdefault(STEPS, [])
            steps.append((kind, () if read else (value,), arguments))
        return value

    return note


def _read_box(text):
    names = ("left", "top", "right", "bottom")
    try:
        return dict(zip(names, map(int, text.split(",")), strict=True))
    except ValueError as error:
        raise ValueError(
            "--crop must be LEFT,TOP,RIGHT,BOTTOM in pixels, such as 10,10,200,150. "
            f"Received: {text!r}"
        ) from error


def _read_size(text):
    try:
        width, height = text.lower().split("x")
        return {
            "width": int(width) if width else None,
            "height": int(height) if height else None,
        }
    except ValueError as error:
        raise ValueError(
            "--resize must be WIDTHxHEIGHT in pixels, or 640x or x480 to keep the "
            f"shape. Received: {text!r}"
        ) from error


def enhance(
    context: typer.Context,
    picture: str = typer.Argument(help="Picture, or folder of pictures."),
    output: str = typer.Option(
        None, "-o", "--output", help="File by its suffix, or a folder."
    ),
    in_place: bool = typer.Option(
        False, "--in-place", help="Replace the pictures themselves."
    ),
    brightness: float = typer.Option(
        None, help="0 black, 1 as it is.", callback=_step("Brightness")
    ),
    contrast: float = typer.Option(
        None, help="0 grey, 1 as it is.", callback=_step("Contrast")
    ),
    adaptive_contrast: float = typer.Option(
        None,
        help="Contrast part by part: 1 as it is, 2 to 4 usual.",
        callback=_step("AdaptiveContrast"),
    ),
    saturation: float = typer.Option(
        None, help="0 greyscale, 1 as it is.", callback=_step("Saturation")
    ),
    gamma: float = typer.Option(
        None, help="Above 1 lightens the middle.", callback=_step("Gamma")
    ),
    auto_levels: float = typer.Option(
        None,
        help="Stretch colours to their whole range but for so many percent.",
        callback=_step("AutoLevels"),
    ),
    sharpen: float = typer.Option(
        None, help="0 as it is, 0.5 to 2 usual.", callback=_step("Sharpen")
    ),
    crop: str = typer.Option(
        None, help="LEFT,TOP,RIGHT,BOTTOM in pixels.", callback=_step("Crop", _read_box)
    ),
    rotate: float = typer.Option(
        None, help="Degrees counter-clockwise.", callback=_step("Rotate")
    ),
    resize: str = typer.Option(
        None,
        help="WIDTHxHEIGHT; 640x or x480 keep the shape.",
        callback=_step("Resize", _read_size),
    ),
    compare: bool = typer.Option(
        True, help="PSNR and SSIM, which take longer than most changes."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Enhance pictures, step by step in the order in which the options stand.

    Each option counts once. PSNR and SSIM tell how far a picture is from what it was,
    cropped, rotated and resized alike. Of a folder what cannot be read is told, the
    rest is done, and the exit status is 1; with one picture it is 2.

    Example: aigc-keras enhance in.png -o out.png --contrast 1.2 --sharpen 0.5
    """
    import_tensorflow()
    from aigc_keras import tasks
    from aigc_keras.progress import progress_bar
    from aigc_keras.tasks.enhance import enhance_files, plan_outputs

    steps = [
        getattr(tasks, kind)(*values, **arguments)
        for kind, values, arguments in context.meta.get(STEPS, [])
    ]
    if not steps:
        raise ValueError(
            "Give at least one change, such as --contrast 1.2. Received: none"
        )
    if (output is None) != in_place:
        raise ValueError(
            "Give -o, or --in-place to replace what is there. "
            f"Received: output={output}, in_place={in_place}"
        )
    pairs = plan_outputs(picture, output)
    with progress_bar("Pictures are enhanced") as update:
        result = enhance_files(pairs, steps, in_place, compare, update)
    failed = result["failed"]
    if failed and not pathlib.Path(picture).is_dir():
        raise ValueError(failed[0]["message"])
    result = {"operations": [str(step) for step in steps], **result}
    lines = [_line(row) for row in result["pictures"]]
    lines += [f"{row['picture']}: failed, {row['message']}" for row in failed]
    print_result(result, json, lines)
    if failed:
        raise typer.Exit(1)


def _line(row):
    parts = [row["output"]]
    if "ssim" in row:
        psnr, ssim = row["psnr"], row["ssim"]
        parts.append("PSNR infinite" if psnr is None else f"PSNR {psnr:.2f} dB")
        parts.append("" if ssim is None else f"SSIM {ssim:.4f}")
    return "  ".join(parts).rstrip()
