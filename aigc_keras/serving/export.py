"""Exports a GAN as one SavedModel that takes text and files and returns the same."""

import os
import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf

from aigc_keras.serving.signatures import ServedModel

SMOKE_TEST_CAPTION = "a small red circle"
# Two graphs of one network may round differently in the last place.
PIXEL_TOLERANCE = 2


class ExportError(RuntimeError):
    """An export that was not published, in one line that says why."""


def export(gan, folder):
    """Export a model and what lies beside it as the next version of a served one.

    The signatures are those of `signatures.ServedModel`: `generate`, `generate_png` and
    `embed_text` always; `embed_image`, `recognize`, `caption`, `caption_zh`, `edit` and
    `inpaint` where the model has the parts.

    The version is written to a staging folder, loaded back, run, compared with the
    model itself, and only then renamed to its number: a server never sees half of it.

    Args:
        gan: `TextToImageGAN` with a text encoder.
        folder: Path, such as `saved_models/my_run`; versions are its subfolders.

    Returns:
        Path of the new version.

    Raises:
        ValueError: If the model has no text encoder.
        ExportError: If the exported graph does not draw what the model draws, or a
            signature does not answer.
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
        module = ServedModel(gan)
        tf.saved_model.save(module, str(staging), signatures=module.signatures())
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
    signatures = tf.saved_model.load(str(folder)).signatures
    drawn = signatures["serving_default"](
        caption=tf.constant([SMOKE_TEST_CAPTION]), seed=tf.constant([7], tf.int64)
    )
    expected = gan.generate([SMOKE_TEST_CAPTION], seed=7).astype("int32")
    difference = np.abs(drawn["image"].numpy().astype("int32") - expected).max()
    if difference > PIXEL_TOLERANCE:
        raise ExportError(
            "The exported graph must draw what the model draws. "
            f"Received: pixels that differ by {difference}"
        )
    values = {
        "caption": [SMOKE_TEST_CAPTION],
        "text": [SMOKE_TEST_CAPTION],
        "image_bytes": drawn["png_bytes"],
        "mask_bytes": drawn["png_bytes"],
        "seed": [7],
    }
    for name, signature in signatures.items():
        asked = signature.structured_input_signature[1]
        given = {key: tf.constant(values[key], asked[key].dtype) for key in asked}
        try:
            answers = signature(**given)
        except tf.errors.OpError as error:
            raise ExportError(
                f"Every signature must answer. Received: {name}, {error.message}"
            ) from error
        for key, answer in answers.items():
            if answer.dtype == tf.float32 and not np.isfinite(answer).all():
                raise ExportError(
                    "The figures of every signature must be finite. "
                    f"Received: {name}, {key}={answer.numpy()}"
                )
