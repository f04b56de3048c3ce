"""`aigc-keras recognize`."""

import re
from pathlib import Path

import typer

from aigc_keras.cli.output import print_result
from aigc_keras.cli.quiet import import_tensorflow

# Pictures that are read and recognised at a time.
CHUNK = 256


def recognize(
    pictures: list[str] = typer.Argument(
        help="Image files of any size, or folders of them."
    ),
    labels: str = typer.Option(
        None,
        help='Captions to choose from, such as "a cat,a dog" [the model\'s classes].',
    ),
    top: int = typer.Option(5, help="Likeliest labels that are shown."),
    framing: str = typer.Option("centre", help="centre, random or letterbox."),
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "shapes_64", help="Trained model of the package, or a saved one's folder."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
):
    """Say what pictures show, and how real they look to the discriminator.

    A model that was trained on a data set with classes knows them; any model with a
    text side chooses among captions.

    Example: aigc-keras recognize picture.png --labels "a picture of a red star,a
    picture of a blue star"
    """
    import_tensorflow()
    import numpy as np

    from aigc_keras.datasets.framing import get_framing
    from aigc_keras.datasets.images import check_image, read_image
    from aigc_keras.progress import progress_bar
    from aigc_keras.training import open_model

    if top < 1:
        raise ValueError(f"--top must be at least 1. Received: top={top}")
    paths = [path for name in pictures for path in list_pictures(name)]
    for path in paths:
        check_image(path)
    choices = None if labels is None else split_labels(labels)
    gan = open_model(run, preset)
    frame = get_framing(framing, gan.generator.image_size)
    rows = []
    with progress_bar("Pictures are recognised") as update:
        for start in range(0, len(paths), CHUNK):
            chunk = paths[start : start + CHUNK]
            images = np.stack([read_image(path, framing=frame) for path in chunk])
            rows += describe(chunk, gan.recognize(images, choices), top)
            if len(paths) > CHUNK:
                update(len(rows), len(paths))
    print_result({"pictures": rows}, json, [line for row in rows for line in show(row)])


def list_pictures(name):
    """Return a file's path, or those of the pictures of a folder, in order.

    Raises:
        ValueError: If a folder holds no picture.
    """
    from aigc_keras.datasets.captioned_folder.reading import IMAGE_SUFFIXES

    folder = Path(name)
    if not folder.is_dir():
        return [name]
    found = sorted(
        str(path)
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )
    if not found:
        raise ValueError(
            f"A folder must hold pictures ({', '.join(sorted(IMAGE_SUFFIXES))}). "
            f"Received: {name}"
        )
    return found


def split_labels(text):
    """Return the captions of a list with commas between, Chinese ones too."""
    return [label.strip() for label in re.split("[,\uff0c]", text) if label.strip()]


def describe(paths, found, top):
    """Return a dict for each picture, ready for JSON."""
    rows = []
    for row, path in enumerate(paths):
        probabilities = found["probabilities"][row]
        best = probabilities.argsort()[::-1][:top]
        rows.append(
            {
                "picture": path,
                "label": found["labels"][row],
                "labels": [
                    {
                        "label": found["class_names"][place],
                        "probability": round(float(probabilities[place]), 4),
                    }
                    for place in best
                ],
                "realness": round(float(found["realness"][row]), 4),
            }
        )
    return rows


def show(row):
    """Return the lines that say what one picture shows."""
    return [
        f"{row['picture']}: {row['label']} (looks real: {row['realness']:.2f})",
        *(f"  {one['probability']:.3f}  {one['label']}" for one in row["labels"]),
    ]
