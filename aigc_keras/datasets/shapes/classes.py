"""The classes of `shapes/single`: the colour and shape of the one object."""

from aigc_keras.datasets.shapes.scene import COLOURS, SHAPES

# Those held out of `train` too: a class that was never seen is a class.
CLASS_NAMES = tuple(f"{colour} {shape}" for colour in COLOURS for shape in SHAPES)


def read_class(element):
    """Return the class of the first object of an element, as tfds reads it.

    Args:
        element: Dict with `objects`, a dict of `colour` and `shape`, both sequences of
            int.

    Returns:
        int, a place in `CLASS_NAMES`.
    """
    colour, shape = (int(element["objects"][name][0]) for name in ("colour", "shape"))
    return colour * len(SHAPES) + shape
