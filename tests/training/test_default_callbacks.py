import keras
import numpy as np
import pytest

import aigc_keras as aigc
from aigc_keras.models.text_side import TextSideSettings
from aigc_keras.training import RunFolder


@pytest.mark.slow
def test_the_python_interface_from_data_to_served_pictures(tiny_coco, tmp_path):
    train = aigc.load_dataset(
        "coco_folder",
        image_size=32,
        batch_size=4,
        data_dir=tiny_coco,
        prepared_dir=tmp_path / "data",
    )
    gan = aigc.TextToImageGAN.from_preset("tiny_32", weights=None)
    gan.compile(loss="relativistic")
    gan.adapt(train, TextSideSettings(matching_steps=2, language_epochs=1))
    callbacks = aigc.default_callbacks(
        tmp_path / "run", log_every=1, sample_every=2, save_every=2
    )
    history = gan.fit(train, epochs=2, verbose=0, callbacks=callbacks)
    assert len(history.history["generator_loss"]) == 2
    run = RunFolder(tmp_path / "run")
    assert [entry["step"] for entry in run.read_metrics()] == [1, 2, 3, 4, 5, 6]
    assert run.checkpoints.steps() == [4, 6]
    assert len(list(run.samples_path.glob("*.png"))) == 3
    loaded = aigc.load_run(run.path)
    caption = ["a large blue star"]
    images = gan.generate(caption, seed=1)
    np.testing.assert_array_equal(loaded.generate(caption, seed=1), images)
    assert (aigc.export(gan, tmp_path / "served") / "saved_model.pb").exists()
    # Fitting the loaded model goes on at the next batch.
    loaded.fit(train, steps_per_epoch=1, verbose=0)
    gan.fit(train, steps_per_epoch=1, verbose=0)
    for ours, theirs in zip(gan.weights, loaded.weights, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-5)


def test_public_names_are_there():
    for name in aigc.__all__:
        assert getattr(aigc, name) is not None
    with pytest.raises(AttributeError, match="paint"):
        _ = aigc.paint
    assert keras.backend.backend() == "tensorflow"
