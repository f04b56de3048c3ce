"""A language model that no writer of captions is: how likely it finds what they say."""

import pathlib
import shutil

import numpy as np

from aigc_keras.evaluation.evaluation_encoder import SEED, encoder_path
from aigc_keras.language import GPT2LanguageModel
from aigc_keras.models.saving import replace_folder
from aigc_keras.progress import progress_bar

# Captions a language model of this size has learned a data set's language from.
MOST_CAPTIONS = 40_000


def open_held_out_language_model(dataset, folder, vocabulary_size=512, epochs=2):
    """Return the language model that measures perplexity; train it the first time.

    A small GPT-2 with a vocabulary and a seed of its own, trained on the captions of
    the training split and kept. What it has not seen are the captions it judges: those
    of another split, or those that a prompt writer makes up.

    Args:
        dataset: `CaptionedDataset`, the training split.
        folder: Path under which evaluation encoders are kept.
        vocabulary_size: int. See `GPT2LanguageModel.from_captions`.
        epochs: int. Passes over at most 40,000 captions.

    Returns:
        `GPT2LanguageModel`.
    """
    path = encoder_path(dataset, folder)
    path = pathlib.Path(folder) / f"{path.name}_language"
    if not path.is_dir():
        captions = list(dict.fromkeys(dataset.flat_captions))
        rows = np.random.default_rng(SEED).permutation(len(captions))[:MOST_CAPTIONS]
        with progress_bar("The measuring GPT-2 learns the captions") as update:
            model = GPT2LanguageModel.from_captions(
                [captions[row] for row in rows],
                vocabulary_size,
                epochs=epochs,
                seed=SEED,
                on_batch=update,
            )
        staging = path.with_name(f".{path.name}.staging")
        shutil.rmtree(staging, ignore_errors=True)
        try:
            model.save_to_preset(staging)
            replace_folder(staging, path)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return GPT2LanguageModel.from_preset(path)
