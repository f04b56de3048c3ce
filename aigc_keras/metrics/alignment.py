"""Scores pictures against the scenes their captions describe."""

import itertools

import keras
import numpy as np

from aigc_keras.datasets.shapes.scene import Scene, relation_between
from aigc_keras.metrics.scene_reader import read_scene

ATTRIBUTES = (
    "colour",
    "shape",
    "size",
    "position",
    "background",
    "count",
    "relation",
)


def score_scene(read, wanted):
    """Compare a scene that was read with the one that was wanted.

    Several objects are matched to the wanted ones so that most of their colours, shapes
    and sizes agree; an attribute of the objects is right when it is right for every one
    of them.

    Args:
        read: `Scene`, as `read_scene` returns it.
        wanted: `Scene`.

    Returns:
        Dict from each of `ATTRIBUTES` to True, False, or None where the wanted scene
        does not state it: `position` is stated for one object, `relation` for two
        different ones.

    Example:
    >>> from aigc_keras.datasets.shapes.scene import Scene, SceneObject
    >>> from aigc_keras.metrics.alignment import score_scene
    >>> ball = SceneObject("small", "red", "circle", 0.5, 0.5, 0.13)
    >>> score_scene(Scene("grey", (ball,)), Scene("pink", (ball,)))["background"]
    False
    """
    matched = _match_objects(read.objects, wanted.objects)
    alone = len(wanted.objects) == 1
    scores = {
        name: all(
            found is not None and getattr(found, name) == getattr(item, name)
            for found, item in zip(matched, wanted.objects, strict=True)
        )
        for name in ("colour", "shape", "size")
    }
    scores["position"] = None
    if alone:
        found = matched[0]
        scores["position"] = (
            found is not None and found.position == wanted.objects[0].position
        )
    scores["background"] = read.background == wanted.background
    scores["count"] = len(read.objects) == len(wanted.objects)
    scores["relation"] = None
    if len({item.kind for item in wanted.objects}) == 2:
        first, second = matched[:2]
        scores["relation"] = (
            first is not None
            and second is not None
            and relation_between(first, second) == wanted.relation
        )
    return scores


def score_categories(read, wanted):
    """Compare a scene that was read with the one wanted, by the task it sets.

    Reference: Ghosh et al., 2023, "GenEval" (sec. 3.1, its six tasks). Deviation:
    "position" of one object is its place in the picture, of two their relation.

    Args:
        read: `Scene`, as `read_scene` returns it.
        wanted: `Scene`.

    Returns:
        Dict of bool with those that the scene sets: `single_object` (its shape is
        there), `two_objects` (both shapes are), `counting` (as many as wanted, of
        several alike), `colours` (of a single object), `position`, and
        `attribute_binding` (both of two objects have their own colour and shape).

    Example:
    >>> from aigc_keras.datasets.shapes.scene import Scene, SceneObject
    >>> from aigc_keras.metrics.alignment import score_categories
    >>> ball = SceneObject("small", "red", "circle", 0.5, 0.5, 0.13)
    >>> score_categories(Scene("grey", ()), Scene("grey", (ball,)))["single_object"]
    False
    """
    scores = score_scene(read, wanted)
    kinds = {item.kind for item in wanted.objects}
    if len(wanted.objects) == 1:
        return {
            "single_object": scores["shape"],
            "colours": scores["colour"],
            "position": scores["position"],
        }
    if len(kinds) == 1:
        return {"counting": scores["count"]}
    return {
        "two_objects": scores["shape"],
        "position": scores["relation"],
        "attribute_binding": scores["shape"] and scores["colour"],
    }


def _match_objects(found, wanted):
    """Return, for each wanted object, the found one that suits it best, or None."""
    # The largest first: a stray blob should not displace an object. No scene has more
    # than three objects, so trying every order is cheap.
    found = sorted(found, key=lambda item: -item.radius)[:4]
    found = found + [None] * max(0, len(wanted) - len(found))

    names = ["colour", "shape", "size"]
    # Counted in for several, the place would match a thing to whatever lies there.
    if len(wanted) == 1:
        names.append("position")

    def agreement(order):
        return sum(
            getattr(item, name) == getattr(target, name)
            for item, target in zip(order, wanted, strict=True)
            if item is not None
            for name in names
        )

    return max(itertools.permutations(found, len(wanted)), key=agreement)


@keras.saving.register_keras_serializable(package="aigc_keras")
class SceneAlignment(keras.metrics.Metric):
    """Share of `shapes` pictures that show what their captions say, by attribute.

    No learned weights take part: `read_scene` reads the picture, `score_scene` compares
    it. `result()` holds one figure for each attribute that was stated at least once,
    `mean` (of those figures), and `all_correct` (pictures with every stated attribute
    right and the wanted number of objects). `count` and `relation` are given only when
    some wanted scene has more than one object. `by_category()` sorts by task instead.

    Args:
        name: str. Name of the metric.

    Example:
    >>> from aigc_keras.datasets.shapes import render
    >>> from aigc_keras.metrics import SceneAlignment
    >>> image, scene, _ = render.make_example(3)
    >>> metric = SceneAlignment()
    >>> metric.update_state(image[None], [scene])
    >>> metric.result()["all_correct"]
    1.0
    """

    def __init__(self, name="alignment"):
        super().__init__(name=name)
        self.reset_state()

    def reset_state(self):
        """Forget every picture."""
        self._scores = {name: [] for name in ATTRIBUTES}
        self._categories = {}
        self._all_correct = []
        self._several = False

    def update_state(self, images, scenes):
        """Read and score pictures.

        Args:
            images: uint8 array `(n, side, side, 3)`.
            scenes: Sequence of n `Scene`s.

        Raises:
            ValueError: If the numbers differ or the images are not uint8.
        """
        images = np.asarray(images)
        if len(images) != len(scenes):
            raise ValueError(
                "`images` and `scenes` must be equally many. "
                f"Received: {len(images)} images and {len(scenes)} scenes"
            )
        for image, wanted in zip(images, scenes, strict=True):
            read = read_scene(image)
            self._add(score_scene(read, wanted), wanted)
            for name, right in score_categories(read, wanted).items():
                self._categories.setdefault(name, []).append(right)

    def _add(self, scores, wanted: Scene):
        self._several |= len(wanted.objects) > 1
        self._all_correct.append(all(value is not False for value in scores.values()))
        for name, value in scores.items():
            if value is not None:
                self._scores[name].append(value)

    def by_category(self):
        """Return the share that is right of each task, see `score_categories`."""
        return {name: float(np.mean(v)) for name, v in sorted(self._categories.items())}

    def result(self):
        """Return a dict of float in [0, 1].

        Raises:
            ValueError: If no picture has been scored.
        """
        if not self._all_correct:
            raise ValueError(
                "`result` needs at least one scored picture. Received: none"
            )
        figures = {
            name: float(np.mean(values))
            for name, values in self._scores.items()
            if values and (self._several or name not in ("count", "relation"))
        }
        figures["mean"] = float(np.mean(list(figures.values())))
        figures["all_correct"] = float(np.mean(self._all_correct))
        return figures
