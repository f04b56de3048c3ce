"""The tfds builder `shapes_dialogue`."""

import functools
import random

import tensorflow_datasets as tfds

from aigc_keras.datasets.record_builder import RecordBuilder
from aigc_keras.datasets.shapes import captions as captions_lib
from aigc_keras.datasets.shapes_dialogue import transcripts

# Split name -> (number of dialogues, whose templates and words).
SPLITS = {
    "train": (20_000, "train"),
    "validation": (1_000, "train"),
    "test": (1_000, "test"),
}
REPLIES = ("draw", "say", "no", "undo", "redo", "more", "save")


class Builder(RecordBuilder):
    """Seeded dialogues about pictures of shapes, with the right state at each turn."""

    VERSION = tfds.core.Version("1.7.0")
    RELEASE_NOTES = {
        "1.0.0": "First release.",
        "1.1.0": "What each sentence means; more ways to say it in `train`; pairs side "
        "by side, and backgrounds that no picture has.",
        "1.2.0": "`train` alone: asides, more whole captions and free words.",
        "1.3.0": "`train` alone: more words for a name, any verb where the rest tells "
        "what is asked for, more pairs.",
        "1.4.0": "`train` alone: twice as many words for a name, more templates.",
        "1.5.0": "`train` alone: more of what is out of scope.",
        "1.6.0": "`train` alone: changes to what a whole caption says.",
        "1.7.0": "`train` alone: what a word means; more templates.",
    }

    def _info(self):
        turn = {
            "before": tfds.features.Text(),
            "sentence": tfds.features.Text(),
            "topic": tfds.features.Text(),
            "reply": tfds.features.ClassLabel(names=list(REPLIES)),
            "text": tfds.features.Text(),
            "meaning": tfds.features.Text(),
            "after": tfds.features.Text(),
            "language": tfds.features.ClassLabel(names=list(captions_lib.LANGUAGES)),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict({"turns": tfds.features.Sequence(turn)})
        )

    def _split_generators(self, dl_manager):
        del dl_manager
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split):
        number, words = SPLITS[split]
        make = functools.partial(_write, split, words)
        return self._make_examples(range(number), make)


def _write(split, words, index):
    rng = random.Random(f"shapes_dialogue/{split}/{index}")
    # The languages take turns, so that both are measured equally well.
    language = captions_lib.LANGUAGES[index % len(captions_lib.LANGUAGES)]
    dialogue = transcripts.sample_transcript(rng, words, language=language)
    turns = [
        {
            "before": turn.before,
            "sentence": turn.sentence,
            "topic": turn.topic,
            "reply": turn.reply.kind,
            "text": turn.text,
            "meaning": turn.reply.meaning,
            "after": turn.after.describe("en") if turn.after else "",
            "language": turn.language,
        }
        for turn in dialogue
    ]
    return index, {"turns": turns}
