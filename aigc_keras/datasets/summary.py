"""Says what a data set holds."""

import collections

from aigc_keras.datasets.caption_rules import length_statistics


def summarise(source, dataset):
    """Describe a data set and one of its prepared splits.

    Args:
        source: `TfdsSource` or `FolderSource`.
        dataset: `CaptionedDataset` of it.

    Returns:
        Dict ready for JSON: `name`, `description`, `splits` (pictures each), `split`,
        `images`, `captions` (see `length_statistics`), `captions_per_image`, `labels`
        (pictures a class, or None), `faults`, `licence`, `citation`.
    """
    labels = None
    if dataset.labels is not None:
        counts = collections.Counter(dataset.labels.tolist())
        names = source.class_names
        labels = {
            (names[label] if names else str(label)): number
            for label, number in sorted(counts.items())
        }
    return {
        "name": dataset.name,
        "description": source.description,
        "splits": source.splits,
        "split": dataset.split,
        "images": dataset.num_images,
        "captions": length_statistics(dataset.flat_captions),
        "captions_per_image": round(len(dataset.flat_captions) / dataset.num_images, 2),
        "labels": labels,
        "faults": dataset.report.to_dict(),
        "licence": source.licence,
        "citation": source.citation,
    }
