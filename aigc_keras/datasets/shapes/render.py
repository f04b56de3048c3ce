"""Draws a `Scene` with Pillow, anti-aliased."""

import math
import random

import numpy as np
from PIL import Image, ImageDraw

from aigc_keras.datasets.shapes import scene as scene_lib

SUPERSAMPLING = 4


def outline(shape, angle=0.0):
    """Return the corners of a shape inside the unit circle.

    Args:
        shape: str. One of `SHAPES` that has corners: square, triangle, star or cross.
        angle: float. Rotation in radians, clockwise on the screen.

    Returns:
        List of `(x, y)` corners.
    """
    if shape == "square":
        corners = [(math.radians(45 + 90 * i), 1.0) for i in range(4)]
    elif shape == "triangle":
        corners = [(math.radians(-90 + 120 * i), 1.0) for i in range(3)]
    elif shape == "star":
        corners = [
            (math.radians(-90 + 36 * i), 1.0 if i % 2 == 0 else 0.42) for i in range(10)
        ]
    elif shape == "cross":
        arm = 0.3
        inner = math.hypot(arm, arm)
        tilt = math.atan2(arm, 1.0)
        corners = []
        for quarter in range(4):
            axis = math.radians(90 * quarter)
            corners += [
                (axis - tilt, 1.0),
                (axis + tilt, 1.0),
                (axis + math.radians(45), inner),
            ]
    else:
        raise ValueError(
            "`shape` must be one of square, triangle, star, cross. "
            f"Received: shape={shape!r}"
        )
    return [(r * math.cos(t + angle), r * math.sin(t + angle)) for t, r in corners]


def draw_mask(shape, radius, centre, side, angle=0.0):
    """Draw one shape as an anti-aliased mask.

    Args:
        shape: str. One of `SHAPES`.
        radius: float. Radius of the circle around the shape, in pixels.
        centre: Pair of floats. Centre of the shape in pixels.
        side: int. Side of the mask in pixels.
        angle: float. Rotation in radians.

    Returns:
        A Pillow image of mode `"L"` and size `(side, side)`, 255 inside the shape.
    """
    scale = SUPERSAMPLING
    mask = Image.new("L", (side * scale, side * scale))
    draw = ImageDraw.Draw(mask)
    x, y, r = centre[0] * scale, centre[1] * scale, radius * scale
    if shape in ("circle", "ring"):
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
        if shape == "ring":
            hole = 0.56 * r
            draw.ellipse((x - hole, y - hole, x + hole, y + hole), fill=0)
    else:
        points = [(x + r * px, y + r * py) for px, py in outline(shape, angle)]
        draw.polygon(points, fill=255)
    return mask.reduce(scale)


def render_scene(scene, rng=None, image_size=64):
    """Draw a scene.

    Args:
        scene: `Scene`.
        rng: `random.Random` for the colour jitter; None draws the plain colours.
        image_size: int. Side of the picture in pixels, default 64.

    Returns:
        uint8 array `(image_size, image_size, 3)`, sRGB in [0, 255].
    """

    def jittered(rgb):
        if rng is None:
            return rgb
        jitter = scene_lib.COLOUR_JITTER
        return tuple(
            min(255, max(0, value + rng.randint(-jitter, jitter))) for value in rgb
        )

    size = (image_size, image_size)
    picture = Image.new(
        "RGB", size, jittered(scene_lib.BACKGROUND_RGB[scene.background])
    )
    for item in scene.objects:
        radius = item.radius * image_size
        x, y = item.x * image_size, item.y * image_size
        left, top = math.floor(x - radius) - 1, math.floor(y - radius) - 1
        side = math.ceil(2 * radius) + 3
        mask = draw_mask(item.shape, radius, (x - left, y - top), side, item.angle)
        colour = jittered(scene_lib.COLOUR_RGB[item.colour])
        picture.paste(colour, (left, top, left + side, top + side), mask)
    return np.asarray(picture)


def make_example(seed, config="single", unseen=False, image_size=64):
    """Sample and draw the scene that belongs to a seed.

    Args:
        seed: str or int. The same seed gives the same scene and the same pixels.
        config: str. `"single"` or `"scenes"`.
        unseen: bool. See `sample_scene`.
        image_size: int. Side of the picture in pixels.

    Returns:
        Tuple `(image, scene, rng)`: uint8 `(image_size, image_size, 3)`, the `Scene`,
        and the generator, ready to choose captions.
    """
    rng = random.Random(seed)
    scene = scene_lib.sample_scene(rng, config, unseen)
    return render_scene(scene, rng, image_size), scene, rng
