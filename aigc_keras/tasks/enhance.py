"""Enhances pictures by a chain of operations, in memory or from file to file."""

import os
import pathlib

import numpy as np

from aigc_keras.datasets.captioned_folder.reading import IMAGE_SUFFIXES
from aigc_keras.datasets.images import open_picture, to_plain_mode, to_rgb
from aigc_keras.datasets.written_images import FORMAT_OF_SUFFIX, write_image
from aigc_keras.metrics.pair import compare_pair
from aigc_keras.tasks.geometry import Crop, Resize, Rotate

GEOMETRIC = (Crop, Resize, Rotate)


def enhance_image(image, operations):
    """Apply operations to a picture, one after the other.

    Args:
        image: PIL image of any mode and size.
        operations: Sequence of functions from a PIL image to a PIL image, such as
            `Contrast(1.2)`.

    Returns:
        PIL image: `L`, `LA`, `RGB` or `RGBA`, with the `info` of the first.

    Raises:
        ImageError: If an operation cannot be applied to the picture.

    Example:
    >>> from PIL import Image
    >>> from aigc_keras.tasks import Contrast, Resize, enhance_image
    >>> image = Image.new("P", (8, 6))
    >>> enhance_image(image, [Contrast(1.2), Resize(width=4)]).size
    (4, 3)
    """
    result = to_plain_mode(image)
    for operation in operations:
        result = operation(result)
    result = result.copy()
    result.info = {k: v for k, v in image.info.items() if k != "transparency"}
    return result


def enhance_file(source, output, operations, in_place=False, compare=True):
    """Enhance a picture's file.

    Rotation said by EXIF is carried out, what else the file says (EXIF, colour profile,
    XMP, texts) is kept, and so is transparency where the output's format has it.

    Args:
        source: Path of a JPEG, PNG, WebP, GIF or BMP.
        output: Path whose suffix says the format.
        operations: See `enhance_image`.
        in_place: bool. Whether `output` may be the source itself.
        compare: bool. Whether to compare before and after, which takes longer than most
            operations.

    Returns:
        Dict: `picture`, `output`, `size` (width and height) and, if compared, `psnr`
        (decibels) and `ssim`, on white and before the format's own losses. They compare
        with the source cropped, resized and rotated alike but otherwise unchanged;
        `psnr` is None where nothing differs, `ssim` where a side is under 11 pixels.

    Raises:
        ImageError: If the source cannot be read, is an animation or too large, or an
            operation or the format cannot be applied.
        ValueError: If the suffix is unknown or `output` is the source.
        OSError: If the output cannot be written.
    """
    source, output = pathlib.Path(source), pathlib.Path(output)
    if output.suffix.lower() not in FORMAT_OF_SUFFIX:
        raise ValueError(
            f"The output's suffix must be one of {', '.join(FORMAT_OF_SUFFIX)}. "
            f"Received: {output}"
        )
    if not in_place and output.exists() and source.exists():
        if os.path.samefile(source, output):
            raise ValueError(
                "The output must not be the picture itself, unless that is asked for. "
                f"Received: {output}"
            )
    image = open_picture(source)
    enhanced = enhance_image(image, operations)
    # A link's own name stays: what it points to is replaced.
    write_image(enhanced, output.resolve())
    result = {
        "picture": str(source),
        "output": str(output),
        "size": list(enhanced.size),
    }
    if compare:
        moves = [step for step in operations if isinstance(step, GEOMETRIC)]
        psnr, ssim = _compare(enhanced, enhance_image(image, moves))
        result |= {"psnr": None if psnr == float("inf") else psnr, "ssim": ssim}
    return result


def plan_outputs(source, output=None):
    """Return which file becomes which.

    Args:
        source: Path of a picture, or of a folder, whose own pictures are taken, not
            those of its folders.
        output: Path; of a folder if the source is one, made if it is not there. None:
            every picture replaces itself.

    Returns:
        List of pairs of paths.

    Raises:
        ValueError: If there is no picture, or the output cannot be.
    """
    source = pathlib.Path(source)
    pictures = [source]
    if source.is_dir():
        pictures = sorted(
            path for path in source.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES
        )
        if not pictures:
            raise ValueError(
                "A folder must hold JPEG, PNG, WebP, GIF or BMP files. "
                f"Received: {source}"
            )
    if output is None:
        return [(path, path) for path in pictures]
    output = pathlib.Path(output)
    if source.is_dir():
        _make_folder(output)
        if os.path.samefile(source, output):
            raise ValueError(
                "The output must be another folder than that of the pictures, unless "
                f"that is asked for. Received: {output}"
            )
    elif not output.is_dir():
        if not output.parent.is_dir():
            raise ValueError(
                "The output's folder must exist; create it first. "
                f"Received: {output.parent}"
            )
        return [(source, output)]
    return [(path, output / path.name) for path in pictures]


def enhance_files(pairs, operations, in_place=False, compare=True, on_picture=None):
    """Enhance many files; those that cannot be are left out and told of.

    Args:
        pairs: Sequence of pairs of paths, see `plan_outputs`.
        operations: See `enhance_image`.
        in_place: bool. See `enhance_file`.
        compare: bool. See `enhance_file`.
        on_picture: Function `(done, total)` called before the first picture and after
            each, for progress.

    Returns:
        Dict of two lists: `pictures` as `enhance_file` returns them, and `failed`,
        dicts of `picture`, `reason` (in `ImageError.REASONS`, or "unwritable") and
        `message`.
    """
    on_picture = on_picture or (lambda *_: None)
    on_picture(0, len(pairs))
    result = {"pictures": [], "failed": []}
    for done, (source, output) in enumerate(pairs, 1):
        try:
            result["pictures"].append(
                enhance_file(source, output, operations, in_place, compare)
            )
        except (ValueError, OSError) as error:
            result["failed"].append(
                {
                    "picture": str(source),
                    "reason": getattr(error, "reason", "unwritable"),
                    "message": " ".join(str(error).split()),
                }
            )
        on_picture(done, len(pairs))
    return result


def _compare(image, reference):
    if image.size != reference.size:
        # An operation of the caller's own has changed the size.
        return None, None
    if image.mode == reference.mode == "L":
        pixels = (np.asarray(picture)[..., None] for picture in (image, reference))
    else:
        pixels = (np.asarray(to_rgb(picture)) for picture in (image, reference))
    return compare_pair(*pixels)


def _make_folder(path):
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise ValueError(
            "The output of a folder must be a folder that can be made. "
            f"Received: {path} ({error.strerror})"
        ) from error
