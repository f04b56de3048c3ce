"""Data sets by name."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf
import tensorflow_datasets as tfds

from aigc_keras.datasets import class_captions
from aigc_keras.datasets.builders import (
    is_written,
    make_builder,
    own_folder,
    read_builder,
)
from aigc_keras.datasets.captioned_folder.reading import read_captioned_folder
from aigc_keras.datasets.coco_folder.reading import read_coco_directory
from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.shapes import classes
from aigc_keras.datasets.sources import (
    FolderSource,
    Options,
    TfdsSource,
    caption_reader,
)


@dataclasses.dataclass(frozen=True)
class Entry:
    """A data set that can be asked for by name.

    Args:
        description: str. One line for the list of data sets.
        open: Function `(name, config, options)` to a `TfdsSource` or `FolderSource`.
    """

    description: str
    open: Callable


def open_source(name, options=None):
    """Open a data set without preparing it.

    Args:
        name: str. A name in `SOURCES`, or any tfds data set, with the configuration
            after a slash, such as `"shapes/scenes"`; or a folder in tfds's format, such
            as `build_records` writes.
        options: `Options`.

    Returns:
        `TfdsSource` or `FolderSource`.

    Raises:
        DatasetError: If there is no such data set, or it needs what is not given.
    """
    options = options or Options()
    if is_written(name):
        return _open_written(str(name), options)
    base, _, config = str(name).partition("/")
    if base in SOURCES:
        return SOURCES[base].open(str(name), config or None, options)
    return _open_tfds(str(name), options)


def _open_shapes(name, config, options):
    builder = make_builder(name if config else f"{name}/single", options)
    if builder.info.config_name != "single":
        # Of several objects none is the picture's class.
        return _with_captions(name, builder, "captions")
    return TfdsSource(
        name,
        builder,
        caption_reader("captions"),
        "captions",
        label_feature="objects",
        class_names=list(classes.CLASS_NAMES),
        read_label=classes.read_class,
    )


def _open_noto_emoji(name, config, options):
    return _with_captions(name, make_builder(name, options), "captions")


def _folder_opener(read):
    def open_folder(name, config, options):
        del config
        folder = own_folder(name, options)
        splits, class_names = read(folder)
        return FolderSource(name, splits, class_names, folder)

    return open_folder


def _read_coco(source_dir):
    return read_coco_directory(source_dir), None


def _captioned(caption_feature):
    def open_captioned(name, config, options):
        del config
        return _with_captions(name, make_builder(name, options), caption_feature)

    return open_captioned


def _labelled(captions, names=None):
    def open_labelled(name, config, options):
        del config
        builder = make_builder(name, options)
        return _with_class_captions(
            name, builder, captions, "image", "label", names and names()
        )

    return open_labelled


def _with_class_captions(name, builder, captions, image, label, own_names=None):
    own = own_names or builder.info.features[label].names
    names = captions.names(own)
    return TfdsSource(
        name,
        builder,
        lambda element, names: captions.write(int(element[label]), names),
        image_feature=image,
        label_feature=label,
        class_names=names,
    )


def _with_captions(name, builder, caption, image="image", label=None):
    return TfdsSource(
        name,
        builder,
        caption_reader(caption),
        caption,
        image_feature=image,
        label_feature=label,
        class_names=list(builder.info.features[label].names) if label else None,
    )


def _open_birds(name, config, options):
    del config
    captions = class_captions.BIRDS

    def write(element, names):
        # The label itself has no names; each element carries its own.
        own = class_captions.plain_name(element["label_name"].decode())
        return captions.write(0, [own])

    return TfdsSource(
        name,
        make_builder(name, options),
        write,
        text_feature="label_name",
        label_feature="label",
    )


def _open_tfds(name, options, builder=None):
    """Open a tfds data set that is not in the list, by its features."""
    builder = builder or make_builder(name, options)
    features = builder.info.features
    image = options.image_feature or _find_image(features)
    if image not in features or not isinstance(features[image], tfds.features.Image):
        raise DatasetError(
            "`image_feature` (--image-feature) must name an image feature. Received: "
            f"{image!r} of {name!r} with features {sorted(features)}"
        )
    caption = options.caption_feature or _find_caption(features)
    if caption is not None:
        if not _is_caption(features, caption):
            raise DatasetError(
                "`caption_feature` (--caption-feature) must name a text feature. "
                f"Received: {caption!r} of {name!r} with features {sorted(features)}"
            )
        return _with_captions(name, builder, caption, image)
    label = _find_label(features)
    if label is None:
        raise DatasetError(
            "A tfds data set must have captions or a class label; name the captions "
            f"with --caption-feature. Received: {name!r} with features "
            f"{sorted(features)}"
        )
    return _with_class_captions(name, builder, class_captions.GENERIC, image, label)


def _open_written(folder, options):
    """Open a folder that tfds has written, as the data set it is of."""
    builder = read_builder(folder)
    if builder.name in ("captioned_folder", "coco_folder"):
        label = "label" if "label" in builder.info.features else None
        return _with_captions(folder, builder, "captions", label=label)
    if builder.name in SOURCES:
        source = SOURCES[builder.name].open(folder, builder.info.config_name, options)
        source.name = builder.info.full_name
        return source
    return _open_tfds(folder, options, builder)


def _find_image(features):
    images = [k for k in features if isinstance(features[k], tfds.features.Image)]
    return "image" if "image" in images else next(iter(images), None)


def _find_caption(features):
    for key in features:
        if any(word in key for word in ("caption", "text", "description")):
            for path in (key, f"{key}/text", f"{key}/caption"):
                if _is_caption(features, path):
                    return path
    return None


def _is_caption(features, path):
    feature = features[path] if path in features else features
    for key in path.split("/") if feature is features else ():
        inner = getattr(feature, "feature", feature)
        if not isinstance(inner, tfds.features.FeaturesDict) or key not in inner:
            return False
        feature = inner[key]
    leaf = getattr(feature, "feature", feature)
    if isinstance(leaf, tfds.features.FeaturesDict | tfds.features.Image):
        return False
    return leaf.tf_dtype == tf.string


def _find_label(features):
    for key in ("label", *features):
        if key in features and isinstance(features[key], tfds.features.ClassLabel):
            return key
    return None


SOURCES = {
    "shapes": Entry("coloured shapes and their scenes, drawn here", _open_shapes),
    "noto_emoji": Entry(
        "emoji of a font and their names, drawn here", _open_noto_emoji
    ),
    "captioned_folder": Entry(
        "your pictures with captions.csv, .jsonl or .txt, or a folder a class",
        _folder_opener(read_captioned_folder),
    ),
    "coco_folder": Entry("your directory in COCO's layout", _folder_opener(_read_coco)),
    "coco_captions": Entry("COCO 2014 captions, by tfds", _captioned("captions/text")),
    "mnist": Entry("handwritten digits, by tfds", _labelled(class_captions.DIGITS)),
    "fashion_mnist": Entry("clothes, by tfds", _labelled(class_captions.FASHION)),
    "cifar10": Entry("ten classes of photographs", _labelled(class_captions.CIFAR10)),
    "cifar100": Entry("a hundred classes", _labelled(class_captions.CIFAR100)),
    "imagenet2012": Entry(
        "ImageNet-1k, by tfds from your own download",
        _labelled(class_captions.GENERIC, class_captions.imagenet_names),
    ),
    "oxford_flowers102": Entry(
        "102 kinds of flowers, by tfds", _labelled(class_captions.FLOWERS)
    ),
    "caltech_birds2011": Entry("200 kinds of birds, by tfds", _open_birds),
}
