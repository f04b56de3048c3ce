"""Measures how well pictures are changed by sentences."""

import dataclasses
import random

import numpy as np

from aigc_keras.datasets import Options, load_dataset, open_source
from aigc_keras.datasets.shapes.caption_reader import read_caption, state_scene
from aigc_keras.datasets.shapes.captions import LANGUAGES
from aigc_keras.datasets.shapes.edits import (
    ATTRIBUTES,
    change_scene,
    sample_change,
    write_instruction,
)
from aigc_keras.datasets.shapes.examples import read_examples
from aigc_keras.metrics import PSNR
from aigc_keras.metrics.alignment import score_scene
from aigc_keras.metrics.scene_reader import read_scene
from aigc_keras.models.editing import draw_edit, plan_edit


@dataclasses.dataclass(frozen=True)
class Request:
    """One edit that is asked for.

    Args:
        attribute: str, one of `edits.ATTRIBUTES`.
        caption: str, what the picture shows.
        sentence: str, what is asked.
        target: `Scene` that the picture should show.
    """

    attribute: str
    caption: str
    sentence: str
    target: object


def sample_requests(examples, seed=0):
    """Draw one edit of one attribute for each scene.

    Request `i` depends on the seed and `i` alone: the attributes take turns, the
    languages too, caption and sentence are in one language, the new value is drawn
    among the others of the attribute, and the sentence is from templates that no
    instruction reader was trained on. A value that would make one of the held-out
    (colour, shape) pairs, which no model of `shapes` has seen, is not drawn.

    Args:
        examples: List of `Example`s of one object.
        seed: int.

    Returns:
        List of `Request`.
    """
    requests = []
    for place, example in enumerate(examples):
        rng = random.Random(f"edits/{seed}/{place}")
        attribute = ATTRIBUTES[place % len(ATTRIBUTES)]
        language = LANGUAGES[place // len(ATTRIBUTES) % len(LANGUAGES)]
        value = sample_change(example.scene, attribute, rng, unseen=False)
        requests.append(
            Request(
                attribute,
                example.captions[language][0],
                write_instruction(
                    example.scene, {attribute: value}, language, rng, "test"
                ),
                change_scene(example.scene, attribute, value, rng),
            )
        )
    return requests


def measure_edits(
    gan, prepared_dir="data", num_images=1000, seed=0, refine_steps=0, on_batch=None
):
    """Edit test pictures of `shapes/single` by instructions and read the results.

    Protocol: the first `num_images` pictures of `test`, the requests of
    `sample_requests`, strength 1, the likeliest noise; once with a true caption of each
    picture and once with the captioner's.

    Args:
        gan: `TextToImageGAN` with a noise encoder, an instruction reader, and, for the
            second part, a captioner.
        prepared_dir: Path of the prepared data.
        num_images: int. Pictures at most.
        seed: int. Seeds the requests.
        refine_steps: int. See `TextToImageGAN.edit`.
        on_batch: Function `(done, total)` called after each step, for progress.

    Returns:
        Dict `{"true_captions" or "captioner": {attribute or "all": {figure: float}}}`.
        Figures: `asked`, the share of pictures whose asked attribute is right; `kept`,
        whose others all are, and which show one object; `understood`, the share of new
        captions that say what was asked; `identity_psnr`, in dB, of the pictures drawn
        with strength 0.

    Raises:
        ValueError: If a part is missing.
    """
    if gan.companions.instruction_reader is None:
        raise ValueError(
            "Edits are measured with an instruction reader; train one with `aigc-keras "
            "train --task instructions`. Received: a model without"
        )
    source = open_source("shapes/single", Options(prepared_dir=prepared_dir))
    source.prepare()
    split = f"test[:{num_images}]"
    examples = read_examples(source.builder, split)
    side = gan.generator.image_size
    data = load_dataset("shapes/single", split, side, prepared_dir=prepared_dir)
    images, requests = np.asarray(data.images), sample_requests(examples, seed)
    ways = {"true_captions": [request.caption for request in requests]}
    if gan.captioner or gan.companions.captioner:
        ways["captioner"] = None
    results, done = {}, 0
    for way, captions in ways.items():
        sentences = [request.sentence for request in requests]
        sources, targets = plan_edit(gan, images, sentences, captions)
        drawn = []
        for strength in (0.0, 1.0):
            settings = (strength, None, refine_steps)
            drawn.append(draw_edit(gan, images, sources, targets, *settings))
            done += 1
            if on_batch:
                on_batch(done, 2 * len(ways))
        results[way] = score_edits(requests, targets, images, *drawn)
    return results


def score_edits(requests, captions, images, reconstructed, edited):
    """Return the figures of edits by attribute and of all; see `measure_edits`.

    Args:
        requests: List of n `Request`s.
        captions: List of n str, what each sentence was understood as.
        images: uint8 array `(n, side, side, 3)`.
        reconstructed: The same shape, the pictures drawn as they are.
        edited: The same shape, as they were asked for.

    Returns:
        Dict `{attribute or "all": {figure: float}}`.
    """
    psnr = PSNR()
    rows = {name: [] for name in (*ATTRIBUTES, "all")}
    for request, caption, image, same, other in zip(
        requests, captions, images, reconstructed, edited, strict=True
    ):
        scores = score_scene(read_scene(other), request.target)
        kept = [
            right
            for name, right in scores.items()
            if name != request.attribute and right is not None
        ]
        psnr.reset_state()
        psnr.update_state(same[None], image[None])
        row = {
            "asked": bool(scores[request.attribute]),
            "kept": all(kept),
            "understood": read_caption(caption) == state_scene(request.target),
            "identity_psnr": psnr.result(),
        }
        for name in (request.attribute, "all"):
            rows[name].append(row)
    return {
        name: {figure: float(np.mean([r[figure] for r in of])) for figure in of[0]}
        for name, of in rows.items()
        if of
    }
