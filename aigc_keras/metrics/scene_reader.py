"""Reads a `shapes` picture back into a `Scene`, without any learned weights."""

import functools
import math

import numpy as np
from scipy import ndimage

from aigc_keras.datasets.shapes import render
from aigc_keras.datasets.shapes import scene as scene_lib

# Distances are Euclidean in sRGB, 0 to 441. The two nearest palette entries of one kind
# lie 90 apart (red and orange); jitter moves a colour by at most 14.
BACKGROUND_TOLERANCE = 45
COLOUR_TOLERANCE = 75
FOREGROUND_DISTANCE = 40
# A flat background covers most of the picture; noise does not.
MIN_BACKGROUND_SHARE = 0.35
# An object covers at least this share of the picture's area; less is speckle.
MIN_OBJECT_SHARE = 0.004
MIN_SHAPE_OVERLAP = 0.6
SMALL_LARGE_BOUNDARY = 0.17
TEMPLATE_SIDE = 32
TEMPLATE_RADIUS_PIXELS = 64
TEMPLATE_ANGLES = tuple(math.radians(a) for a in range(-15, 16, 5))


def read_scene(image):
    """Read a picture back into a scene.

    The background is the most common colour; what lies far from it falls into connected
    components; each component's colour is the nearest of the palette and its shape the
    drawn template that overlaps it best. What cannot be read is None, never guessed.

    Args:
        image: uint8 array `(height, width, 3)`, sRGB, square.

    Returns:
        A `Scene`; its `background` and each object's `colour` and `shape` may be None.
        `objects` is empty when nothing stands out from the background.

    Raises:
        ValueError: If the image is not a uint8 array of that shape.

    Example:
    >>> from aigc_keras.datasets.shapes import render
    >>> from aigc_keras.metrics.scene_reader import read_scene
    >>> image, scene, _ = render.make_example(3)
    >>> read_scene(image).background == scene.background
    True
    """
    image = _check_image(image)
    pixels = image.astype("float32")
    ground = _background_rgb(pixels)
    if ground is None:
        return scene_lib.Scene(None, ())
    background = _nearest(ground, scene_lib.BACKGROUND_RGB, BACKGROUND_TOLERANCE)
    distance = np.linalg.norm(pixels - ground, axis=-1)
    return scene_lib.Scene(background, tuple(_read_objects(pixels, distance)))


def _check_image(image):
    image = np.asarray(image)
    square = image.ndim == 3 and image.shape[0] == image.shape[1]
    if image.dtype != np.uint8 or not square or image.shape[2] != 3:
        raise ValueError(
            "`image` must be a uint8 array of shape (side, side, 3). "
            f"Received: {image.dtype} {image.shape}"
        )
    return image


def _background_rgb(pixels):
    """Return the most common colour, or None when no colour is common."""
    flat = pixels.reshape(-1, 3)
    bins = (flat // 24).astype("int64") @ np.array([1, 16, 256])
    centre = flat[bins == np.bincount(bins).argmax()].mean(axis=0)
    for _ in range(2):
        near = np.linalg.norm(flat - centre, axis=1) < 30
        if near.mean() < MIN_BACKGROUND_SHARE:
            return None
        centre = flat[near].mean(axis=0)
    return centre


def _nearest(rgb, palette, tolerance):
    names = list(palette)
    distances = np.linalg.norm(
        np.array([palette[name] for name in names]) - rgb, axis=1
    )
    best = int(distances.argmin())
    return names[best] if distances[best] < tolerance else None


def _read_objects(pixels, distance):
    side = pixels.shape[0]
    # Half way between the background and the object is the drawn edge.
    mask = distance > FOREGROUND_DISTANCE
    labels, number = ndimage.label(mask)
    for label, window in enumerate(ndimage.find_objects(labels), 1):
        part = labels[window] == label
        if part.sum() < MIN_OBJECT_SHARE * side * side:
            continue
        yield _read_object(pixels[window], distance[window], part, window, side)


def _read_object(pixels, distance, part, window, side):
    # The inside is what is farthest from the background; edges are mixtures.
    reach = np.percentile(distance[part], 60)
    inside = part & (distance >= 0.9 * reach)
    rgb = np.median(pixels[inside], axis=0)
    colour = _nearest(rgb, scene_lib.COLOUR_RGB, COLOUR_TOLERANCE)
    cover = np.clip(distance / reach, 0, 1) * part
    area = cover.sum()
    rows, columns = np.indices(cover.shape)
    y = (cover * (rows + 0.5)).sum() / area
    x = (cover * (columns + 0.5)).sum() / area
    shape, angle = _match_shape(cover, x, y, area)
    factor = _area_factor(shape) if shape else 2.2
    radius = math.sqrt(area / factor) / side
    return scene_lib.SceneObject(
        size="small" if radius < SMALL_LARGE_BOUNDARY else "large",
        colour=colour,
        shape=shape,
        x=float(window[1].start + x) / side,
        y=float(window[0].start + y) / side,
        radius=radius,
        angle=angle,
    )


def _match_shape(cover, x, y, area):
    """Return the template with the largest overlap, brought to its area and centre."""
    templates, names = _templates()
    scale = math.sqrt(area / _TEMPLATE_AREA)
    grid = (np.arange(TEMPLATE_SIDE) + 0.5 - TEMPLATE_SIDE / 2) * scale
    ys, xs = np.meshgrid(y + grid - 0.5, x + grid - 0.5, indexing="ij")
    view = ndimage.map_coordinates(cover, [ys, xs], order=1, cval=0.0).ravel()
    overlap = np.minimum(templates, view).sum(axis=1)
    overlap /= np.maximum(templates, view).sum(axis=1)
    best = int(overlap.argmax())
    if overlap[best] < MIN_SHAPE_OVERLAP:
        return None, 0.0
    return names[best]


# Area in template pixels that every template and view is brought to.
_TEMPLATE_AREA = 260.0


@functools.cache
def _area_factor(shape):
    """Return a shape's area divided by its squared radius."""
    radius = TEMPLATE_RADIUS_PIXELS
    side = 2 * radius + 2
    mask = render.draw_mask(shape, radius, (side / 2, side / 2), side)
    return float(np.asarray(mask).sum() / 255 / radius**2)


@functools.cache
def _templates():
    """Return the templates, one flat row each, and their `(shape, angle)` names."""
    rows, names = [], []
    for shape in scene_lib.SHAPES:
        angles = (0.0,) if shape in ("circle", "ring") else TEMPLATE_ANGLES
        for angle in angles:
            radius = math.sqrt(_TEMPLATE_AREA / _area_factor(shape))
            big, side = 4, 4 * 2 * TEMPLATE_SIDE
            mask = render.draw_mask(
                shape, radius * big, (side / 2, side / 2), side, angle
            )
            mask = np.asarray(mask, "float32") / 255
            ys, xs = np.indices(mask.shape)
            cy, cx = (mask * (ys + 0.5)).sum(), (mask * (xs + 0.5)).sum()
            centre = np.array([cy, cx]) / mask.sum()
            grid = (np.arange(TEMPLATE_SIDE) + 0.5 - TEMPLATE_SIDE / 2) * big
            at = np.meshgrid(
                centre[0] + grid - 0.5, centre[1] + grid - 0.5, indexing="ij"
            )
            rows.append(ndimage.map_coordinates(mask, at, order=1).ravel())
            names.append((shape, angle))
    return np.stack(rows), names
