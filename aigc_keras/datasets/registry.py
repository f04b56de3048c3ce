"""Data sets by name."""

import contextlib
import dataclasses
import os
import sys
from collections.abc import Callable

import tensorflow as tf
import tensorflow_datasets as tfds

from aigc_keras.datasets.coco_folder import coco_folder_dataset_builder
from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.pipeline import CaptionedDataset
from aigc_keras.datasets.shapes import shapes_dataset_builder


@dataclasses.dataclass(frozen=True)
class Source:
    """A data set that can be asked for by name.

    Args:
        description: str. One line for the list of data sets.
        make_builder: Function `(config, data_dir, prepared_dir) -> tfds builder`.
        caption_feature: Path of the captions in the features, a tuple of str.
        image_feature: str. Name of the image feature.
    """

    description: str
    make_builder: Callable
    caption_feature: tuple = ("captions",)
    image_feature: str = "image"


def _make_shapes(config, data_dir, prepared_dir):
    del data_dir
    return shapes_dataset_builder.Builder(
        config=config or "single", data_dir=prepared_dir
    )


def _make_coco_folder(config, data_dir, prepared_dir):
    del config
    if data_dir is None:
        raise DatasetError(
            "`coco_folder` needs `data_dir` (--data-dir), a directory in COCO's "
            "layout. Received: none"
        )
    return coco_folder_dataset_builder.Builder(
        source_dir=os.fspath(data_dir), data_dir=prepared_dir
    )


def _make_coco_captions(config, data_dir, prepared_dir):
    del prepared_dir
    return _make_tfds("coco_captions", config, data_dir)


SOURCES = {
    "shapes": Source("one coloured shape an image, drawn here", _make_shapes),
    "coco_folder": Source("a local directory in COCO's layout", _make_coco_folder),
    "coco_captions": Source(
        "COCO 2014 captions, by tfds",
        _make_coco_captions,
        ("captions", "text"),
    ),
}


def load_dataset(
    name,
    split="train",
    image_size=64,
    batch_size=64,
    data_dir=None,
    prepared_dir="data",
):
    """Load a captioned data set by name, preparing it first where needed.

    Args:
        name: str. A name in `SOURCES`, or any tfds data set with a text feature, with
            the configuration after a slash, such as `"shapes/scenes"`.
        split: str. Such as `"train"` or `"validation[:100]"`.
        image_size: int. Side in pixels of the resized images.
        batch_size: int. Images in a batch.
        data_dir: Path. For `coco_folder` the user's directory; for a tfds data set
            tfds's own folder.
        prepared_dir: Path. Where data sets of this package are prepared.

    Returns:
        A `CaptionedDataset`.

    Raises:
        DatasetError: If there is no such data set or split, or it cannot be prepared.

    Example:
    >>> import aigc_keras as aigc
    >>> train = aigc.load_dataset("shapes", image_size=32)  # doctest: +SKIP
    >>> train.num_images  # doctest: +SKIP
    50000
    """
    builder, source = load_builder(name, data_dir, prepared_dir)
    return _open_split(name, split, builder, source, image_size, batch_size)


def load_builder(name, data_dir=None, prepared_dir="data"):
    """Return the prepared tfds builder of a data set and the `Source` it is read by.

    Args and errors are those of `load_dataset`.
    """
    base, _, config = str(name).partition("/")
    source = SOURCES.get(base)
    if source is None:
        builder = _make_tfds(base, config, data_dir)
        source = _describe_tfds(base, builder)
    else:
        builder = source.make_builder(config or None, data_dir, str(prepared_dir))
    prepare(builder)
    return builder, source


def prepare(builder):
    """Prepare a builder's data unless they lie there already."""
    tfds.disable_progress_bar()
    try:
        # tfds announces itself on stdout, which belongs to the caller's own output.
        with contextlib.redirect_stdout(sys.stderr):
            builder.download_and_prepare()
    except OSError as error:
        raise DatasetError(
            f"Data must be prepared in a folder that can be written and has room. "
            f"Received: {builder.data_path} ({error})"
        ) from error


def _make_tfds(name, config, data_dir):
    full = f"{name}/{config}" if config else name
    try:
        return tfds.builder(full, data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        raise DatasetError(
            f"A data set must be one of {sorted(SOURCES)} or a tfds data set with "
            f"captions. Received: {full!r}"
        ) from error


def _describe_tfds(name, builder):
    """Find the image and the caption feature of any tfds data set."""
    features = builder.info.features
    images = [k for k in features if isinstance(features[k], tfds.features.Image)]
    for key in features:
        path = _caption_path(key, features[key])
        if path and images:
            return Source(f"{name}, by tfds", None, path, images[0])
    raise DatasetError(
        "A tfds data set must have an image feature and a text feature named like "
        f"caption or text. Received: {name!r} with features {sorted(features)}"
    )


def _caption_path(key, feature):
    named = any(word in key for word in ("caption", "text", "description"))
    inner = getattr(feature, "feature", feature)
    if named and isinstance(inner, tfds.features.Text):
        return (key,)
    if named and isinstance(inner, tfds.features.FeaturesDict) and "text" in inner:
        return (key, "text")
    return None


def _open_split(name, split, builder, source, image_size, batch_size):
    base = split.partition("[")[0]
    splits = builder.info.splits
    if splits and base not in splits:
        raise DatasetError(
            f"`split` must be one of {sorted(splits)}. "
            f"Received: split={split!r} of {name!r}"
        )

    def open_elements(decode):
        skip = None if decode else {source.image_feature: tfds.decode.SkipDecoding()}
        dataset = builder.as_dataset(split=split, shuffle_files=False, decoders=skip)
        return dataset.map(
            lambda element: _to_contract(element, source, decode),
            num_parallel_calls=tf.data.AUTOTUNE,
        )

    number = _count(open_elements(decode=False))
    return CaptionedDataset(
        str(name), split, open_elements, number, image_size, batch_size
    )


def _count(dataset):
    number = int(dataset.cardinality())
    # Negative where tfds does not know, as for generated data.
    return number if number >= 0 else sum(1 for _ in dataset)


def _to_contract(element, source, decode):
    captions = element
    for key in source.caption_feature:
        captions = captions[key]
    result = {"captions": tf.reshape(captions, [-1])}
    if decode:
        image = element[source.image_feature]
        if image.shape[-1] == 1:
            image = tf.image.grayscale_to_rgb(image)
        result["image"] = image
    return result
