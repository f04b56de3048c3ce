"""What a text side has learned so far, so that a stop costs one stage and not all."""

import hashlib
import json
import pathlib
import shutil

import numpy as np

from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models.next_token_readout import make_readout
from aigc_keras.models.saving import TEXT_ENCODER_FOLDER, replace_folder

_STAGE_FILE, _WEIGHTS_FILE = "stage.json", "weights.npz"


class FinishedStages:
    """Keeps text encoder, judge and readout as the last finished stage left them.

    Args:
        folder: Path of a folder, or None: nothing is kept.
        settings: `TextSideSettings`.
        dataset: `CaptionedDataset`. What is kept of other settings or captions is not
            read.
    """

    def __init__(self, folder, settings, dataset):
        self.folder = None if folder is None else pathlib.Path(folder)
        made_by = (str(settings), dataset.num_images, dataset.flat_captions)
        self.made_by = hashlib.sha256(json.dumps(made_by).encode()).hexdigest()

    def write(self, number, text_encoder, judge, readout):
        """Keep what has been learned, in place of what was kept before.

        Args:
            number: int. The stage that is finished, from 1.
            text_encoder: `GPT2TextEncoder`.
            judge: `ImageEncoder`.
            readout: `NextTokenReadout`, or None.

        Raises:
            OSError: If the folder cannot be written.
        """
        if self.folder is None:
            return
        staging = self.folder.with_name(f".{self.folder.name}.staging")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        try:
            text_encoder.save_to_preset(staging / TEXT_ENCODER_FOLDER)
            weights = {f"judge_{k}": w for k, w in enumerate(judge.get_weights())}
            if readout is not None:
                learned = enumerate(readout.get_weights())
                weights |= {f"readout_{k}": w for k, w in learned}
            np.savez(staging / _WEIGHTS_FILE, **weights)
            stage = {"number": number, "made_by": self.made_by}
            (staging / _STAGE_FILE).write_text(json.dumps(stage))
            replace_folder(staging, self.folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def read(self, judge):
        """Return what was kept, the judge's in place.

        Args:
            judge: `ImageEncoder`.

        Returns:
            Tuple of the finished stage's number, 0 where nothing fits, the
            `GPT2TextEncoder` or None, and the `NextTokenReadout` or None; all of them,
            and the judge, not trainable.
        """
        if self.folder is None or not (self.folder / _STAGE_FILE).is_file():
            return 0, None, None
        stage = json.loads((self.folder / _STAGE_FILE).read_text())
        if stage["made_by"] != self.made_by:
            return 0, None, None
        encoder = GPT2TextEncoder.from_preset(self.folder / TEXT_ENCODER_FOLDER)
        encoder.backbone.trainable = judge.trainable = False
        with np.load(self.folder / _WEIGHTS_FILE) as weights:
            judge.set_weights(_of(weights, "judge"))
            of_readout = _of(weights, "readout")
        readout = make_readout(judge, encoder.backbone) if of_readout else None
        if readout is not None:
            readout.set_weights(of_readout)
        return stage["number"], encoder, readout


def _of(weights, name):
    number = sum(key.startswith(f"{name}_") for key in weights.files)
    return [weights[f"{name}_{k}"] for k in range(number)]
