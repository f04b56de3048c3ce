"""Measures a captioner, and the way from a caption to a picture and back."""

from aigc_keras.datasets.shapes.caption_reader import read_caption
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.language import LANGUAGES, language_of
from aigc_keras.metrics.text import bleu, chrf, distinct


def measure_captions(
    captioner, dataset, num_images=1000, method="greedy", on_batch=None
):
    """Describe a split's pictures and compare with what people, or templates, said.

    Protocol: the first `num_images` images, in each language that any of them has a
    caption in; the references of an image are its captions in that language.

    Args:
        captioner: `ImageCaptioner`.
        dataset: `CaptionedDataset` of its image size.
        num_images: int. Images at most.
        method: str. See `ImageCaptioner.caption`.
        on_batch: Function `(done, total)` called after each language, for progress.

    Returns:
        Dict `{language: {figure: float}}`: `bleu`, `chrf` (0 to 100), `distinct_1`,
        `distinct_2`, and, for `shapes`, `valid` (captions that can be parsed) and
        `all_correct` (captions that state every attribute of the picture right).
    """
    number = min(num_images, dataset.num_images)
    results = {}
    for done, language in enumerate(LANGUAGES, 1):
        references = [
            [text for text in texts if language_of(text) == language]
            for texts in dataset.captions[:number]
        ]
        rows = [row for row, texts in enumerate(references) if texts]
        if not rows:
            continue
        written = captioner.caption(dataset.images[rows], language, method)
        wanted = [references[row] for row in rows]
        results[language] = compare_captions(written, wanted)
        if on_batch:
            on_batch(done, len(LANGUAGES))
    return results


def compare_captions(captions, references):
    """Return the figures of captions beside their references; see above."""
    figures = {
        "bleu": bleu(captions, references),
        "chrf": chrf(captions, references),
        "distinct_1": distinct(captions, 1),
        "distinct_2": distinct(captions, 2),
    }
    stated = [read_caption(texts[0]) for texts in references]
    if all(statement is not None for statement in stated):
        read = [read_caption(caption) for caption in captions]
        pairs = list(zip(read, stated, strict=True))
        figures["valid"] = sum(one is not None for one in read) / len(read)
        figures["all_correct"] = sum(a == b for a, b in pairs) / len(pairs)
    return figures


def measure_cycle(gan, captioner, dataset, num_images=1000, seed=0, on_batch=None):
    """Draw captions, describe the drawings, and compare: caption, image, caption.

    Protocol: the first `num_images` images' first caption of each language, caption `i`
    drawn with the noise of seed `seed + i`; greedy descriptions in the same language;
    the reference is the caption that was drawn.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        captioner: `ImageCaptioner` of the same image size.
        dataset: `CaptionedDataset`.
        num_images: int. Captions a language at most.
        seed: int. Seed of the first drawing.
        on_batch: Function `(done, total)` called after each language, for progress.

    Returns:
        As `measure_captions`; for `shapes`, `all_correct` is the share of captions that
        came back saying the same.
    """
    results = {}
    for done, language in enumerate(LANGUAGES, 1):
        captions = [
            next((text for text in texts if language_of(text) == language), None)
            for texts in dataset.captions[:num_images]
        ]
        captions = [caption for caption in captions if caption]
        if captions:
            images = draw_captions(gan, captions, seed)
            written = captioner.caption(images, language)
            results[language] = compare_captions(written, [[c] for c in captions])
        if on_batch:
            on_batch(done, len(LANGUAGES))
    return results
