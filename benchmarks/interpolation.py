"""Compares ways between captions, straight or by the arc, and ways of moving a slider.

Run: python benchmarks/interpolation.py [--preset shapes_64]

Between captions: 200 pairs of `shapes` captions, one noise a pair. "Legible" is the
share of pictures in which one object and a background are read; "validity" is the
discriminator's mean logit. Sliders: 400 captions, 80 of them an attribute; two other
captions that differ in this attribute alone give the change. "Changed" is the share in
which the attribute is read as the change says (at 0 and below as the caption says),
"kept" that of the other four attributes, read as the caption says. Prints Markdown.
"""

import argparse
import os
import random

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from aigc_keras.datasets.shapes import captions, render
from aigc_keras.datasets.shapes.scene import BACKGROUNDS, COLOURS, SHAPES
from aigc_keras.metrics import read_scene
from aigc_keras.models import TextToImageGAN
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.tasks.interpolate import slide, spherical

PLACES = {
    "left": "on the left of",
    "right": "on the right of",
    "top": "at the top of",
    "bottom": "at the bottom of",
}
VALUES = {
    "size": ["small", "large"],
    "colour": list(COLOURS),
    "shape": list(SHAPES),
    "position": list(PLACES),
    "background": list(BACKGROUNDS),
}
AMOUNTS = (-1, -0.5, 0, 0.5, 1, 1.5, 2)


def straight(first, second, share):
    """Return points on the line, as `spherical` does on the arc."""
    return (1 - share) * first + share * second


def encode(gan, texts):
    """Return sentence vectors of many captions, float64."""
    return gan.text_encoder.embed(*gan.text_encoder.tokenize(texts)).astype("float64")


def draw(gan, vectors):
    """Draw vectors, each with the noise of its place."""
    dim = gan.generator.noise_dim
    return gan.draw(vectors, [noise_from_seed(i, dim) for i in range(len(vectors))])


def attributes(image):
    """Return what is read in a picture; nothing of the object if there is not one."""
    scene = read_scene(image)
    found = {"background": scene.background}
    if len(scene.objects) == 1:
        for name in ("size", "colour", "shape", "position"):
            found[name] = getattr(scene.objects[0], name)
    return found


def measure_between(gan):
    """Print the table of ways between captions."""
    made = [render.make_example(f"test/{i}", image_size=64) for i in range(400)]
    said = [captions.write_captions(scene, rng)[0] for _, scene, rng in made]
    vectors = encode(gan, [texts[i % len(texts)] for i, texts in enumerate(said)])
    first, second = vectors[::2], vectors[1::2]
    print("| share | way | length | legible | validity |\n|---|---|---|---|---|")
    for share in np.linspace(0, 1, 9):
        for way in (straight, spherical):
            points = way(first, second, share)
            images = draw(gan, points)
            inputs = {
                "image": images.astype("float32") / 127.5 - 1,
                "text_embedding": points.astype("float32"),
            }
            validity = gan.discriminator.predict(inputs, verbose=0)["validity"]
            legible = [all(attributes(i).get(name) for name in VALUES) for i in images]
            length = np.linalg.norm(points, axis=1).mean()
            print(
                f"| {share:.3f} | {way.__name__} | {length:.1f} | "
                f"{np.mean(legible):.3f} | {validity.mean():.2f} |"
            )


def describe(wanted):
    """Return a caption of attributes."""
    place = PLACES[wanted["position"]]
    thing = f"{wanted['size']} {wanted['colour']} {wanted['shape']}"
    return f"a {thing} {place} a {wanted['background']} background"


def sample_changes(number, seed=0):
    """Return rows: attribute, scene, the ends of a change, the scene wanted."""
    rng = random.Random(seed)
    rows = []
    for name, values in VALUES.items():
        for _ in range(number):
            start, less = (
                {key: rng.choice(VALUES[key]) for key in VALUES} for _ in range(2)
            )
            less[name] = start[name]
            value = rng.choice([v for v in values if v != start[name]])
            rows.append(
                (name, start, less, {**less, name: value}, {**start, name: value})
            )
    return rows


def measure_sliders(gan):
    """Print the table of ways of moving a slider."""
    rows = sample_changes(80)
    start, less, more = (
        encode(gan, [describe(row[place]) for row in rows]) for place in (1, 2, 3)
    )
    change = more - less
    ways = {
        "added": lambda amount: start + amount * change,
        "arc": lambda amount: spherical(start, start + change, amount),
        "slide": lambda amount: slide(start, change, amount),
    }
    print("| amount | way | changed | kept |\n|---|---|---|---|")
    for amount in AMOUNTS:
        for title, way in ways.items():
            changed, kept = [], []
            for row, image in zip(rows, draw(gan, way(amount)), strict=True):
                wanted, found = row[4] if amount > 0 else row[1], attributes(image)
                right = {key: found.get(key) == wanted[key] for key in VALUES}
                changed.append(right.pop(row[0]))
                kept.append(np.mean(list(right.values())))
            print(
                f"| {amount} | {title} | {np.mean(changed):.3f} | {np.mean(kept):.3f} |"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="shapes_64")
    model = TextToImageGAN.from_preset(parser.parse_args().preset)
    measure_between(model)
    measure_sliders(model)
