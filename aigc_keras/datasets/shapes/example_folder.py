"""Draws a tiny captioned folder, the one in `data/example`.

Run: python -m aigc_keras.datasets.shapes.example_folder data/example
"""

import csv
import pathlib
import sys

from PIL import Image

from aigc_keras.datasets.shapes import captions, render


def write_example_folder(folder, num_images=12):
    """Write pictures and a `captions.csv` with an English and a Chinese caption each.

    Args:
        folder: Path. Files that are there already are replaced.
        num_images: int.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for index in range(num_images):
        image, scene, rng = render.make_example(f"example/{index}", "scenes")
        texts, languages = captions.write_captions(scene, rng)
        name = f"{index:02d}.png"
        Image.fromarray(image).save(folder / name)
        rows += [(name, texts[languages.index(code)]) for code in captions.LANGUAGES]
    with open(folder / "captions.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("image", "caption"), *rows])


if __name__ == "__main__":
    write_example_folder(sys.argv[1])
