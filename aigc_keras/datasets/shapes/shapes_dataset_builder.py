"""The tfds builder `shapes`."""

import functools

import numpy as np
import tensorflow_datasets as tfds

from aigc_keras.datasets.record_builder import RecordBuilder
from aigc_keras.datasets.shapes import captions as captions_lib
from aigc_keras.datasets.shapes import render
from aigc_keras.datasets.shapes import scene as scene_lib

# Split name -> (number of images, whether the held-out pairs are drawn).
SPLITS = {
    "train": (50_000, False),
    "validation": (2_000, False),
    "test": (2_000, False),
    "test_unseen": (2_000, True),
}


class Builder(RecordBuilder):
    """Seeded pictures of coloured shapes with captions and scene graphs."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name="single", description="One object at a place."),
        tfds.core.BuilderConfig(
            name="scenes", description="One to three objects, counts and relations."
        ),
    ]

    def _info(self):
        item = {
            "size": tfds.features.ClassLabel(names=list(scene_lib.SIZES)),
            "colour": tfds.features.ClassLabel(names=list(scene_lib.COLOURS)),
            "shape": tfds.features.ClassLabel(names=list(scene_lib.SHAPES)),
            "x": np.float32,
            "y": np.float32,
            "radius": np.float32,
            "angle": np.float32,
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(64, 64, 3)),
                    "captions": tfds.features.Sequence(tfds.features.Text()),
                    "languages": tfds.features.Sequence(
                        tfds.features.ClassLabel(names=list(captions_lib.LANGUAGES))
                    ),
                    "background": tfds.features.ClassLabel(
                        names=list(scene_lib.BACKGROUNDS)
                    ),
                    "objects": tfds.features.Sequence(item),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        del dl_manager
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split):
        number, unseen = SPLITS[split]
        make = functools.partial(_draw, self.builder_config.name, split, unseen)
        return self._make_examples(range(number), make)


def _draw(config, split, unseen, index):
    image, scene, rng = render.make_example(f"{config}/{split}/{index}", config, unseen)
    captions, languages = captions_lib.write_captions(scene, rng)
    items = [
        {
            "size": item.size,
            "colour": item.colour,
            "shape": item.shape,
            "x": item.x,
            "y": item.y,
            "radius": item.radius,
            "angle": item.angle,
        }
        for item in scene.objects
    ]
    return index, {
        "image": image,
        "captions": captions,
        "languages": languages,
        "background": scene.background,
        "objects": items,
    }
