"""From the name of a data set to its batches."""

from aigc_keras.datasets.caption_rules import CaptionRules
from aigc_keras.datasets.errors import DatasetError
from aigc_keras.datasets.faults import MAX_FAULTY
from aigc_keras.datasets.framing import get_framing
from aigc_keras.datasets.pipeline import CaptionedDataset
from aigc_keras.datasets.prepared import prepare_split
from aigc_keras.datasets.registry import open_source
from aigc_keras.datasets.sources import Options
from aigc_keras.progress import progress_bar

# What a run's settings hand on to `load_dataset` by name.
SOURCE_ARGUMENTS = (
    "data_dir",
    "prepared_dir",
    "font",
    "caption_feature",
    "image_feature",
    "framing",
    "caption_pattern",
    "max_faulty",
)


def load_dataset(
    name,
    split="train",
    image_size=64,
    batch_size=64,
    data_dir=None,
    prepared_dir="data",
    *,
    font=None,
    caption_feature=None,
    image_feature=None,
    framing="centre",
    caption_pattern=None,
    max_faulty=MAX_FAULTY,
):
    """Load a captioned data set by name, preparing it first where needed.

    Args:
        name: str. A name in `SOURCES`, or any tfds data set with captions or classes,
            with the configuration after a slash, such as `"shapes/scenes"`; or the
            folder of one that is written, see `build_records`.
        split: str. Such as `"train"` or `"validation[:100]"`.
        image_size: int. Side in pixels of the resized images.
        batch_size: int. Images in a batch.
        data_dir: Path. For the folder data sets the user's directory; for a tfds data
            set tfds's own folder.
        prepared_dir: Path. Where data sets of this package are prepared.
        font: Path of `NotoColorEmoji.ttf` for `noto_emoji`.
        caption_feature: str. Feature of a tfds data set that holds captions.
        image_feature: str. Feature of a tfds data set that holds images.
        framing: str. `"centre"`, `"random"` or `"letterbox"`, see
            `aigc_keras.datasets.framing`.
        caption_pattern: str. Regular expression that kept captions contain.
        max_faulty: float. Share of pictures, 0 to 1, that may be faulty.

    Returns:
        A `CaptionedDataset`.

    Raises:
        DatasetError: If there is no such data set or split, it cannot be prepared, or
            too many of its pictures are faulty.

    Example:
    >>> import aigc_keras as aigc
    >>> train = aigc.load_dataset("shapes", image_size=32)  # doctest: +SKIP
    >>> train.num_images  # doctest: +SKIP
    50000
    """
    options = Options(data_dir, str(prepared_dir), font, caption_feature, image_feature)
    rules = CaptionRules(pattern=caption_pattern)
    framing = get_framing(framing, image_size)
    source = open_source(name, options)
    total = _count(source, split)
    key = {"name": f"{source.name}_{split}", "source": source.key, "split": split}
    key["features"] = [caption_feature, image_feature]
    if source.class_names:
        # Labels are places among these names.
        key["classes"] = source.class_names
    with progress_bar("Pictures are prepared") as update:
        prepared = prepare_split(
            f"{prepared_dir}/pictures",
            key,
            lambda: source.elements(split),
            framing,
            rules,
            max_faulty,
            on_image=lambda done: update(done, max(total, done)),
        )
    return CaptionedDataset(
        str(name),
        split,
        prepared.images,
        prepared.captions,
        batch_size,
        prepared.labels,
        source.class_names,
        prepared.report,
    )


def _count(source, split):
    base = split.partition("[")[0]
    splits = source.splits
    if splits and not {part.strip() for part in base.split("+")} <= set(splits):
        raise DatasetError(
            f"`split` must be one of {sorted(splits)}. "
            f"Received: split={split!r} of {source.name!r}"
        )
    return splits.get(base, 0)
