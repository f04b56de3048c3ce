"""Exports a GAN as one SavedModel that takes text and returns pictures."""

import os
import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf

from aigc_keras.datasets.pipeline import to_pixels
from aigc_keras.language.graph_tokenizer import strip_spaces
from aigc_keras.models.randomness import noise_from_seed

SMOKE_TEST_CAPTION = "a small red circle"
# Two graphs of one network may round differently in the last place.
PIXEL_TOLERANCE = 2


class ExportError(RuntimeError):
    """An export that was not published, in one line that says why."""


class ServedGenerator(tf.Module):
    """Tokenizer, GPT-2 and averaged generator as one TensorFlow module.

    Args:
        gan: `TextToImageGAN` with a text encoder.
    """

    def __init__(self, gan):
        super().__init__(name="served_generator")
        encoder = gan.text_encoder
        self._tokenizer = encoder.graph_tokenizer
        self._forward = encoder.forward
        self._generator = gan.ema_generator
        self._noise_dim = gan.generator.noise_dim
        self._truncation = gan.truncation
        self._side = gan.generator.image_size
        layers = (encoder.backbone, encoder.pooler, gan.ema_generator)
        # Named so that the SavedModel finds every variable of the graph.
        self.served_variables = [w.value for part in layers for w in part.weights]

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="caption"),
            tf.TensorSpec([None], tf.int64, name="seed"),
        ]
    )
    def serve(self, caption, seed):
        """Draw captions.

        Args:
            caption: string `(batch,)`, UTF-8.
            seed: int64 `(batch,)`.

        Returns:
            Dict of `image` uint8 `(batch, side, side, 3)` and `png_bytes` string
            `(batch,)`.
        """
        token_ids, padding_mask = self._tokenizer(strip_spaces(caption))
        # Row by row: in a larger batch a matrix product rounds differently, and the
        # pixels of one request must not depend on its neighbours.
        image = tf.map_fn(
            self._draw_one,
            (token_ids, padding_mask, seed),
            fn_output_signature=tf.TensorSpec([self._side, self._side, 3], tf.uint8),
        )
        png = tf.map_fn(
            tf.io.encode_png, image, fn_output_signature=tf.TensorSpec([], tf.string)
        )
        return {"image": image, "png_bytes": png}

    def _draw_one(self, row):
        token_ids, padding_mask, seed = row
        _, text = self._forward(token_ids[None], padding_mask[None])
        noise = noise_from_seed(seed, self._noise_dim, self._truncation)[None]
        image = self._generator(
            {"text_embedding": text, "noise": noise}, training=False
        )
        return to_pixels(image)[0]


def export(gan, folder):
    """Export the averaged generator as the next version of a served model.

    The version is written to a staging folder, loaded back, run, compared with the
    model itself, and only then renamed to its number: a server never sees half of it.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        folder: Path, such as `saved_models/my_run`; versions are its subfolders.

    Returns:
        Path of the new version.

    Raises:
        ValueError: If the model has no text encoder.
        ExportError: If the exported graph does not draw what the model draws.
        OSError: If the folder cannot be written.

    Example:
    >>> import aigc_keras as aigc
    >>> aigc.export(gan, "saved_models/my_run")  # doctest: +SKIP
    PosixPath('saved_models/my_run/1')
    """
    if gan.text_encoder is None:
        raise ValueError(
            "`export` needs a model with a text encoder. Received: text_encoder=None"
        )
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # Not a number, so TensorFlow Serving does not look at it.
    staging = pathlib.Path(tempfile.mkdtemp(prefix=".staging_", dir=folder))
    try:
        module = ServedGenerator(gan)
        tf.saved_model.save(
            module, str(staging), signatures={"serving_default": module.serve}
        )
        _smoke_test(gan, staging)
        staging.chmod(0o755)
        return _publish(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def next_version(folder):
    """Return the next free version number of a model's folder, from 1."""
    numbers = [int(p.name) for p in pathlib.Path(folder).iterdir() if p.name.isdigit()]
    return max(numbers, default=0) + 1


def _publish(staging, folder):
    while True:
        target = folder / str(next_version(folder))
        try:
            os.rename(staging, target)
        except OSError:
            # Another process published this number first.
            if not target.exists():
                raise
        else:
            return target


def _smoke_test(gan, folder):
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    outputs = served(
        caption=tf.constant([SMOKE_TEST_CAPTION]), seed=tf.constant([7], tf.int64)
    )
    expected = gan.generate([SMOKE_TEST_CAPTION], seed=7).astype("int32")
    difference = np.abs(outputs["image"].numpy().astype("int32") - expected).max()
    if difference > PIXEL_TOLERANCE:
        raise ExportError(
            "The exported graph must draw what the model draws. "
            f"Received: pixels that differ by {difference}"
        )
