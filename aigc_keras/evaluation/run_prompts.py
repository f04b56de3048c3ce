"""Measures how good and how new the captions are that GPT-2 writes."""

from aigc_keras.datasets.shapes.caption_reader import read_caption
from aigc_keras.metrics.text import distinct


def measure_prompts(
    language_model,
    known,
    num=1000,
    seed=0,
    scenes=False,
    batch=250,
    on_batch=None,
    held_out=None,
):
    """Sample captions freely and look at them.

    Protocol: no prompt, temperature 1, every token, `num` captions in batches of 250
    with the seeds `seed`, `seed + 1`, and so on.

    Args:
        language_model: `GPT2LanguageModel`.
        known: Collection of str, the captions it was trained on.
        num: int. Captions sampled.
        seed: int. Seed of the first batch.
        scenes: bool. Whether the captions are those of `shapes` and can be parsed.
        batch: int. Captions at a time.
        on_batch: Function `(done, total)` called after each batch, for progress.
        held_out: `GPT2LanguageModel` that is not `language_model`, or None; see
            `open_held_out_language_model`.

    Returns:
        Dict of float: `new`, the share not in `known`; `different`, the share of
        different ones; `distinct_1` and `distinct_2`; for scenes, `valid`, the share
        that `read_caption` reads; and, with `held_out`, the captions' `perplexity`.
    """
    captions = []
    for index, start in enumerate(range(0, num, batch)):
        number = min(batch, num - start)
        captions += language_model.generate(num=number, seed=seed + index)
        if on_batch:
            on_batch(start + number, num)
    known = set(known)
    figures = {
        "new": _share(caption not in known for caption in captions),
        "different": len(set(captions)) / num,
        "distinct_1": distinct(captions, 1),
        "distinct_2": distinct(captions, 2),
    }
    if scenes:
        figures["valid"] = _share(read_caption(text) is not None for text in captions)
    if held_out is not None:
        # A caption of no character is none.
        figures["perplexity"] = held_out.perplexity([c for c in captions if c])
    return figures


def _share(truths):
    truths = list(truths)
    return sum(truths) / len(truths)
