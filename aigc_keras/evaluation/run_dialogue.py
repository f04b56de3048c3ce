"""Measures how well a dialogue about pictures of shapes is followed."""

import contextlib
import random
import sys

import numpy as np

from aigc_keras.datasets.record_reading import read_rows
from aigc_keras.datasets.shapes.captions import LANGUAGES
from aigc_keras.datasets.shapes_dialogue.outside import held_out_sentences
from aigc_keras.datasets.shapes_dialogue.requests import sample_state
from aigc_keras.datasets.shapes_dialogue.scene_state import read_state
from aigc_keras.datasets.shapes_dialogue.shapes_dialogue_dataset_builder import (
    REPLIES,
    Builder,
)
from aigc_keras.language import language_of
from aigc_keras.metrics.alignment import score_scene
from aigc_keras.metrics.scene_reader import read_scene
from aigc_keras.models.drawing import draw_vectors
from aigc_keras.models.editing import embed_captions
from aigc_keras.models.randomness import noise_from_seed
from aigc_keras.undo_history import UndoHistory

BATCH_SIZE = 64


def measure_dialogue(
    reader, gan=None, prepared_dir="data", num_dialogues=1000, seed=0, on_batch=None
):
    """Follow test dialogues of `shapes_dialogue` and look at what comes of them.

    Protocol: the first `num_dialogues` of `test`, English and Chinese in turn, five
    sentences each, free-running: what is read of a sentence is the state in which the
    next is read. The last state of a dialogue is drawn with the seed `seed + i`, once
    as it was read and once as it should be, and both are scored against the latter.

    Args:
        reader: `DialogueReader`.
        gan: `TextToImageGAN` that draws, or None.
        prepared_dir: Path of the prepared data.
        num_dialogues: int. Dialogues at most.
        seed: int. Seeds the pictures, and the states of what is out of scope.
        on_batch: Function `(done, total)` called after each turn, for progress.

    Returns:
        Dict `{language or "all": {figure: float}}`. Figures: `state_1` to `state_5`,
        the share of dialogues whose state is exactly right after so many sentences;
        `answers`, the share of questions answered in the right words; `refusals`, of
        what cannot be done that is refused; `declined`, of the 200 held-out sentences
        out of scope that are; and, with a GAN, `drawn` and `drawn_alone`, the mean
        attribute scores of the pictures.
    """
    builder = Builder(data_dir=prepared_dir)
    # tfds says on stdout what it prepares, where JSON is to stand alone.
    with contextlib.redirect_stdout(sys.stderr):
        builder.download_and_prepare()
    rows = read_rows(builder, f"test[:{num_dialogues}]")
    dialogues = [_read_dialogue(row) for row in rows]
    rows = follow_dialogues(reader, dialogues, on_batch)
    declined = _measure_declined(reader, seed)
    images = _score_pictures(gan, rows, seed) if gan is not None else None
    results = {}
    for name in ("all", *LANGUAGES):
        places = [i for i, row in enumerate(rows) if name in ("all", row["language"])]
        if not places:
            continue
        results[name] = _summarise([rows[i] for i in places])
        told = [right for language, right in declined if name in ("all", language)]
        results[name]["declined"] = float(np.mean(told))
        if images is not None:
            for figure, scores in images.items():
                results[name][figure] = float(np.nanmean(scores[places]))
    return results


def follow_dialogues(reader, dialogues, on_batch=None):
    """Read dialogues sentence by sentence, each in the state that was come to.

    Args:
        reader: `DialogueReader`.
        dialogues: List of dialogues of one length, each a list of dicts with
            `sentence`, `reply`, `text`, `after` and `language`.
        on_batch: Function `(done, total)` called after each turn, for progress.

    Returns:
        List of dicts, one a dialogue: `language`; `states`, a bool a turn, whether the
        state is right; `answers` and `refusals`, a bool for each that was due;
        `caption`, what was come to; `wanted`, what should be, both empty for nothing.
    """
    turns = len(dialogues[0])
    histories = [UndoHistory("") for _ in dialogues]
    rows = [
        {"language": d[0]["language"], "states": [], "answers": [], "refusals": []}
        for d in dialogues
    ]
    for number in range(turns):
        captions = [history.current for history in histories]
        sentences = [dialogue[number]["sentence"] for dialogue in dialogues]
        actions = reader.read(captions, sentences)
        for dialogue, history, row, action in zip(
            dialogues, histories, rows, actions, strict=True
        ):
            turn = dialogue[number]
            if action.kind == "draw":
                history.push(action.text)
            elif action.kind in ("undo", "redo"):
                getattr(history, action.kind)()
            row["states"].append(_shows(history.current) == _shows(turn["after"]))
            if turn["reply"] == "say":
                right = action.kind == "say" and action.text == turn["text"]
                row["answers"].append(right)
            if turn["reply"] == "no":
                row["refusals"].append(action.kind == "no")
            row |= {"caption": history.current, "wanted": turn["after"]}
        if on_batch:
            on_batch(number + 1, turns)
    return rows


def _read_dialogue(element):
    turns = element["turns"]
    return [
        {
            "sentence": turns["sentence"][i].decode(),
            "reply": REPLIES[turns["reply"][i]],
            "text": turns["text"][i].decode(),
            "after": turns["after"][i].decode(),
            "language": LANGUAGES[turns["language"][i]],
        }
        for i in range(len(turns["sentence"]))
    ]


def _shows(caption):
    """Return what a caption says, or what is as good as any other that says nothing."""
    state = read_state(caption) if caption else None
    return state.statement if state else caption


def _summarise(rows):
    states = np.array([row["states"] for row in rows])
    figures = {
        f"state_{number}": float(right)
        for number, right in enumerate(states.mean(axis=0), 1)
    }
    for name in ("answers", "refusals"):
        due = [right for row in rows for right in row[name]]
        figures[name] = float(np.mean(due)) if due else float("nan")
    return figures


def _measure_declined(reader, seed):
    """Return pairs of a language and whether a sentence out of scope was declined."""
    sentences = held_out_sentences()
    rng = random.Random(f"declined/{seed}")
    languages = [language_of(sentence) for sentence in sentences]
    captions = [sample_state(rng).describe(language) for language in languages]
    actions = reader.read(captions, sentences)
    declined = [action.kind == "no" for action in actions]
    return list(zip(languages, declined, strict=True))


def _score_pictures(gan, rows, seed):
    """Return the scores of what was drawn, NaN where nothing should be there."""
    noise = np.stack(
        [
            noise_from_seed(seed + i, gan.generator.noise_dim, gan.truncation)
            for i in range(len(rows))
        ]
    )
    scores = {}
    wanted = [read_state(row["wanted"]) for row in rows]
    for figure, key in (("drawn", "caption"), ("drawn_alone", "wanted")):
        captions = [row[key] or row["wanted"] or "-" for row in rows]
        vectors = embed_captions(gan, captions)
        images = draw_vectors(gan, vectors, noise, BATCH_SIZE)
        scores[figure] = np.array(
            [
                _mean_score(image if row[key] else None, state)
                for image, state, row in zip(images, wanted, rows, strict=True)
            ]
        )
    return scores


def _mean_score(image, state):
    if state is None:
        return np.nan
    if image is None:
        return 0.0
    scores = score_scene(read_scene(image), state.to_scene()).values()
    return float(np.mean([right for right in scores if right is not None]))
