"""Trains what reads a dialogue about pictures."""

import itertools
import math
import random

from aigc_keras.datasets.captioned_dialogue import read_dialogues
from aigc_keras.datasets.shapes_dialogue.transcripts import sample_transcript
from aigc_keras.language import DialogueReader
from aigc_keras.progress import progress_bar
from aigc_keras.training.config import RunError
from aigc_keras.training.language_training import MOST_PASSES, check_finite
from aigc_keras.training.run_folder import RunFolder, replace_part

DIALOGUE_STEPS = 16_000
BATCH_SIZE = 32


def train_dialogue_reader(config, run_dir, steps=None, transcripts=None):
    """Train GPT-2 to read what a person says about a picture.

    For `shapes` the dialogues are made, any number of them, by the templates and words
    of the split `train` of `shapes_dialogue`; for other pictures they must be given.
    What lies in the run's `dialogue_reader` is replaced when the training is over.

    Args:
        config: `TrainingConfig`; its data set and seed count.
        run_dir: Path of the run's folder.
        steps: int. Batches of 32 turns at most; few turns take thirty passes. Default
            `DIALOGUE_STEPS`.
        transcripts: Path of a JSONL file, see
            `datasets.captioned_dialogue.read_dialogues`, or None.

    Returns:
        Tuple `(reader, run)`: the `DialogueReader` and the `RunFolder`.

    Raises:
        RunError: If the folder cannot be written, or dialogues must be given.
        DatasetError: If they cannot be read.
        TrainingDiverged: If the loss is no longer finite.
    """
    run = RunFolder(run_dir)
    number = (steps or DIALOGUE_STEPS) * BATCH_SIZE
    rng = random.Random(f"dialogue/{config.seed}")
    if transcripts is not None:
        turns = read_dialogues(transcripts)
        rng.shuffle(turns)
        turns = turns[:number]
    elif config.dataset.split("/")[0] == "shapes":
        turns = list(itertools.islice(_endless_turns(rng), number))
    else:
        raise RunError(
            "Dialogues are known for shapes alone; for other pictures give your own by "
            f"--transcripts. Received: dataset={config.dataset!r}"
        )
    run.start_data(config)
    reader = DialogueReader.from_turns(turns, seed=config.seed)
    epochs = min(MOST_PASSES, math.ceil(number / len(turns)))
    with progress_bar("GPT-2 learns to converse") as update:
        losses = reader.fit(
            turns, epochs, batch_size=BATCH_SIZE, seed=config.seed, on_batch=update
        )
    check_finite(losses[-1], "GPT-2")
    replace_part(reader, run.dialogue_reader_path)
    return reader, run


def _endless_turns(rng):
    while True:
        for turn in sample_transcript(rng):
            reply = turn.reply
            yield turn.before, turn.sentence, reply.kind, turn.text, reply.meaning
