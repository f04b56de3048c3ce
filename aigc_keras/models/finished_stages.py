"""What a text side has learned so far, so that a stop costs one stage and not all."""

import hashlib
import json
import os
import pathlib
import shutil
import warnings
import zipfile

import keras
import numpy as np

from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models.next_token_readout import make_readout

_MADE_BY_FILE, _WEIGHTS_FILE, _ENCODER_FOLDER = "made_by", "weights.npz", "encoder"
# Pictures by which data sets of the same captions are told apart.
_SAMPLE = 64


class FinishedStages:
    """Keeps text encoder, judge and readout as the last finished stage left them.

    Args:
        folder: Path of a folder, or None: nothing is kept. Each stage has a folder
            `stage_1` and so on in it, which takes the place of the one before.
        settings: `TextSideSettings`.
        judge: `ImageEncoder`.
        dataset: `CaptionedDataset` of the judge's image size. What was learned by other
            settings, or from other captions or pictures, is not read.
    """

    def __init__(self, folder, settings, judge, dataset):
        self.folder = None if folder is None else pathlib.Path(folder)
        self.judge = judge
        if folder is not None:
            self._made_by = _digest(settings, judge, dataset)

    def write(self, number, text_encoder, readout):
        """Keep what has been learned; a folder that cannot be written is warned of.

        Args:
            number: int. The stage that is finished, from 1.
            text_encoder: `GPT2TextEncoder`.
            readout: `NextTokenReadout`, or None.
        """
        if self.folder is None:
            return
        staging, stage = self.folder / ".staging", self.folder / f"stage_{number}"
        try:
            for old in (staging, stage):
                shutil.rmtree(old, ignore_errors=True)
            staging.mkdir(parents=True)
            text_encoder.save_to_preset(staging / _ENCODER_FOLDER)
            weights = {f"judge_{k}": w for k, w in enumerate(self.judge.get_weights())}
            if readout is not None:
                learned = enumerate(readout.get_weights())
                weights |= {f"readout_{k}": w for k, w in learned}
            np.savez(staging / _WEIGHTS_FILE, **weights)
            (staging / _MADE_BY_FILE).write_text(self._made_by)
            os.replace(staging, stage)
        except OSError as error:
            shutil.rmtree(staging, ignore_errors=True)
            warnings.warn(
                "What the text side has learned could not be kept, so that a stop now "
                f"costs it: {error}",
                stacklevel=2,
            )
            return
        for old in self._stages():
            if old != stage:
                shutil.rmtree(old, ignore_errors=True)

    def read(self):
        """Return what was kept, the judge's in place.

        Returns:
            Tuple of the finished stage's number, 0 where nothing fits or is whole, the
            `GPT2TextEncoder` or None, and the `NextTokenReadout` or None. GPT-2,
            readout and judge are not trainable then.
        """
        for stage in reversed(self._stages()):
            try:
                if (stage / _MADE_BY_FILE).read_text() != self._made_by:
                    continue
                encoder = GPT2TextEncoder.from_preset(stage / _ENCODER_FOLDER)
                # `np.load` of a path leaves a damaged file open.
                with open(stage / _WEIGHTS_FILE, "rb") as file:
                    weights = np.load(file)
                    of_judge, of_readout = (
                        [weights[f"{name}_{k}"] for k in range(_number(weights, name))]
                        for name in ("judge", "readout")
                    )
            except (OSError, ValueError, KeyError, zipfile.BadZipFile):
                continue
            self.judge.set_weights(of_judge)
            encoder.backbone.trainable = self.judge.trainable = False
            readout = None
            if of_readout:
                readout = make_readout(self.judge, encoder.backbone)
                readout.set_weights(of_readout)
            return int(stage.name.removeprefix("stage_")), encoder, readout
        return 0, None, None

    def _stages(self):
        return sorted(self.folder.glob("stage_[0-9]")) if self.folder else []


def _digest(settings, judge, dataset):
    judge = {**judge.get_config(), "name": None}
    # As before there was a choice: what was kept then fits still.
    settings = str(settings).replace(", own_words=False", "")
    made_by = (settings, judge, keras.config.dtype_policy().name)
    digest = hashlib.sha256(json.dumps([*made_by, dataset.flat_captions]).encode())
    rows = np.linspace(0, dataset.num_images - 1, _SAMPLE).astype(int)
    digest.update(np.ascontiguousarray(dataset.model_images(rows)).tobytes())
    return digest.hexdigest()


def _number(weights, name):
    return sum(key.startswith(f"{name}_") for key in weights.files)
