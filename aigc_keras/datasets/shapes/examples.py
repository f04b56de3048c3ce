"""Reads a prepared `shapes` split back with its scene graphs."""

import dataclasses

import tensorflow_datasets as tfds

from aigc_keras.datasets.record_reading import read_rows
from aigc_keras.datasets.shapes import captions as captions_lib
from aigc_keras.datasets.shapes import scene as scene_lib


@dataclasses.dataclass(frozen=True)
class Example:
    """A scene and what is said of it.

    Args:
        scene: `Scene`.
        captions: Dict from language (`"en"`, `"zh"`) to a list of str.
    """

    scene: scene_lib.Scene
    captions: dict


def read_examples(builder, split):
    """Read scenes and captions of a split, without its pictures.

    Args:
        builder: The prepared tfds builder `shapes`.
        split: str. Such as `"test"` or `"test[:100]"`.

    Returns:
        List of `Example`, in the order of the split.
    """
    skip = {"image": tfds.decode.SkipDecoding()}
    return [_read_example(row) for row in read_rows(builder, split, skip)]


def _read_example(element):
    objects = element["objects"]
    items = tuple(
        scene_lib.SceneObject(
            size=scene_lib.SIZES[objects["size"][i]],
            colour=scene_lib.COLOURS[objects["colour"][i]],
            shape=scene_lib.SHAPES[objects["shape"][i]],
            x=float(objects["x"][i]),
            y=float(objects["y"][i]),
            radius=float(objects["radius"][i]),
            angle=float(objects["angle"][i]),
        )
        for i in range(len(objects["size"]))
    )
    captions = {language: [] for language in captions_lib.LANGUAGES}
    for caption, language in zip(
        element["captions"], element["languages"], strict=True
    ):
        captions[captions_lib.LANGUAGES[language]].append(caption.decode())
    background = scene_lib.BACKGROUNDS[element["background"]]
    return Example(scene_lib.Scene(background, items), captions)
