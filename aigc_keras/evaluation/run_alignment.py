"""Measures how well a run draws captions it has never seen."""

from aigc_keras.datasets import Options, open_source
from aigc_keras.datasets.shapes.captions import LANGUAGES
from aigc_keras.datasets.shapes.examples import read_examples
from aigc_keras.evaluation.drawing import draw_captions
from aigc_keras.metrics import SceneAlignment

ALIGNMENT_SPLITS = ("test", "test_unseen")


def measure_alignment(
    gan, dataset, prepared_dir="data", num_images=2000, seed=0, on_batch=None
):
    """Draw the test captions of `shapes` and read the pictures back.

    Protocol: the averaged generator, the first caption of each language, image `i` with
    the noise of seed `seed + i`, the first `num_images` images of a split.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        dataset: str. `"shapes"`, `"shapes/single"` or `"shapes/scenes"`.
        prepared_dir: Path of the prepared data.
        num_images: int. Images of a split at most.
        seed: int. Seed of the first image.
        on_batch: Function `(done, total)` called after each split and language.

    Returns:
        Dict `{split: {language: {"alignment": {attribute: float}, "categories": {task:
        float}}}}`.
    """
    source = open_source(dataset, Options(prepared_dir=prepared_dir))
    source.prepare()
    total = len(ALIGNMENT_SPLITS) * len(LANGUAGES)
    results, done = {}, 0
    for split in ALIGNMENT_SPLITS:
        examples = read_examples(source.builder, f"{split}[:{num_images}]")
        results[split] = {}
        for language in LANGUAGES:
            captions = [example.captions[language][0] for example in examples]
            images = draw_captions(gan, captions, seed)
            metric = SceneAlignment()
            metric.update_state(images, [example.scene for example in examples])
            results[split][language] = {
                "alignment": metric.result(),
                "categories": metric.by_category(),
            }
            done += 1
            if on_batch:
                on_batch(done, total)
    return results
