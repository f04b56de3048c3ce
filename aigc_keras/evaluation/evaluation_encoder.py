"""An image-text encoder that no GAN has seen: the judge is not the player."""

import json
import pathlib
import shutil

import keras
import numpy as np

from aigc_keras.datasets.pipeline import to_model_range
from aigc_keras.evaluation.features import image_batches
from aigc_keras.language import GPT2TextEncoder
from aigc_keras.models import ImageEncoder
from aigc_keras.models.saving import replace_folder
from aigc_keras.models.text_side import TextSideSettings, train_text_side

# Far from any seed that a run has.
SEED = 7919
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "image_encoder.weights.h5"
TEXT_ENCODER_FOLDER = "text_encoder"
FORMAT = 1


class EvaluationEncoder:
    """Vectors of images and captions that can be compared by their cosine.

    Args:
        image_encoder: `ImageEncoder`.
        text_encoder: `GPT2TextEncoder` with the same length of vector.
    """

    def __init__(self, image_encoder, text_encoder):
        self.image_encoder = image_encoder
        self.text_encoder = text_encoder

    def embed_images(self, images):
        """Return the vectors `(n, dim)` of uint8 images `(n, side, side, 3)`."""
        vectors = [
            self.image_encoder.predict_on_batch(to_model_range(batch))["image_vector"]
            for batch in image_batches(images)
        ]
        return np.concatenate(vectors).astype("float32")

    def embed_captions(self, captions):
        """Return the vectors `(n, dim)` of n str."""
        return self.text_encoder.embed(*self.text_encoder.tokenize(captions))

    def save(self, folder):
        """Write the encoder to a folder that appears whole or not at all."""
        folder = pathlib.Path(folder)
        staging = folder.with_name(f".{folder.name}.staging")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        try:
            text = json.dumps(self.image_encoder.get_config(), indent=2)
            (staging / CONFIG_FILE).write_text(text + "\n")
            self.image_encoder.save_weights(staging / WEIGHTS_FILE)
            self.text_encoder.save_to_preset(staging / TEXT_ENCODER_FOLDER)
            replace_folder(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    @classmethod
    def load(cls, folder):
        """Read what `save` wrote."""
        folder = pathlib.Path(folder)
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        # As for a model: the precision is not that of where it was trained.
        config.pop("dtype", None)
        image_encoder = ImageEncoder.from_config(config)
        image_encoder.load_weights(folder / WEIGHTS_FILE)
        text_encoder = GPT2TextEncoder.from_preset(folder / TEXT_ENCODER_FOLDER)
        return cls(image_encoder, text_encoder)


def open_evaluation_encoder(dataset, folder, settings=None):
    """Return the evaluation encoder of a data set; train it the first time.

    It is made like a GAN's own judge, but from another seed and without noise on the
    images, which its features should notice; and it is kept. That takes as long as the
    text side of a run, once.

    Args:
        dataset: `CaptionedDataset`, the training split.
        folder: Path under which encoders are kept.
        settings: `TextSideSettings`, or None for the default with a seed of its own.

    Returns:
        `EvaluationEncoder`.
    """
    path = encoder_path(dataset, folder)
    if not (path / CONFIG_FILE).is_file():
        settings = settings or TextSideSettings(seed=SEED, reading_noise=0.0)
        keras.utils.set_random_seed(settings.seed)
        image_encoder = ImageEncoder(dataset.image_size, 256, 512)
        text_encoder = train_text_side(image_encoder, dataset, settings, None)[0]
        EvaluationEncoder(image_encoder, text_encoder).save(path)
    return EvaluationEncoder.load(path)


def encoder_path(dataset, folder):
    """Return where the evaluation encoder of a data set is kept."""
    name = f"{dataset.name}_{dataset.split}_{dataset.image_size}_{FORMAT}"
    return pathlib.Path(folder) / "".join(c if c.isalnum() else "_" for c in name)
