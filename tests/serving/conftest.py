"""A tiny model with every part, exported, and pictures to ask it about."""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image


@pytest.fixture(scope="session")
def asked_pictures():
    """Three pictures that the model's captioner knows by heart."""
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), "uint8")


@pytest.fixture(scope="session")
def learned_captioner(tiny_language, asked_pictures, tmp_path_factory):
    """A captioner of those pictures, with a GPT-2 of its own."""
    from aigc_keras.datasets import CaptionedDataset
    from aigc_keras.language import GPT2LanguageModel
    from aigc_keras.models import ImageCaptioner

    folder = tmp_path_factory.mktemp("writer")
    tiny_language[1].save_to_preset(folder)
    keras.utils.set_random_seed(0)
    captioner = ImageCaptioner(GPT2LanguageModel.from_preset(folder), 32, 2)
    said = [["a red ring"], ["a blue star"], ["a green cross"]]
    dataset = CaptionedDataset("three", "train", asked_pictures, said, 3)
    captioner.compile(optimizer=keras.optimizers.Adam(3e-3), jit_compile=False)
    captioner.fit(dataset, steps_per_epoch=60, verbose=0)
    return captioner


@pytest.fixture(scope="session")
def whole_gan(tiny_language, learned_captioner):
    """A model of 32 pixels with all that can be served; it has learned little."""
    from aigc_keras.language import InstructionReader
    from aigc_keras.models import (
        Discriminator,
        Generator,
        ImageEncoder,
        ImageRepairer,
        NoiseEncoder,
        TextToImageGAN,
    )

    keras.utils.set_random_seed(0)
    encoder, _ = tiny_language
    dim = encoder.text_dim
    rng = np.random.default_rng(0)
    gan = TextToImageGAN(
        Generator(32, dim, 4, base_channels=2, condition_dim=8),
        Discriminator(32, dim, base_channels=2, matching_dim=6, num_classes=3),
        encoder,
        ImageEncoder(32, dim, 270, 2),
        rng.normal(size=(10, dim)),
        class_names=("cat", "dog", "owl"),
        noise_encoder=NoiseEncoder(32, dim, 4, base_channels=2, hidden_dim=8),
    )
    repairer = ImageRepairer(32, dim, 4, base_channels=2, condition_dim=8)
    shapes = [weight.shape for weight in repairer.weights]
    repairer.set_weights([rng.normal(0, 0.2, shape) for shape in shapes])
    gan.set_repairer(repairer)
    gan.companions.captioner = learned_captioner
    said = ["a red ring", "a blue star", "a green cross"]
    triples = [
        (caption, f"make it {colour}", f"a {colour} {caption.split()[2]}")
        for caption in said
        for colour in ("red", "blue", "green")
    ]
    sizes = {"vocabulary_size": 300, "num_layers": 1, "num_heads": 2, "hidden_dim": 32}
    reader = InstructionReader.from_triples(triples, seed=0, **sizes)
    reader.fit(triples, epochs=120, seed=0)
    gan.companions.instruction_reader = reader
    return gan


@pytest.fixture(scope="session")
def whole_version(whole_gan, tmp_path_factory):
    """The folder of that model's exported version."""
    from aigc_keras.serving import export

    return export(whole_gan, tmp_path_factory.mktemp("whole") / "tiny")


@pytest.fixture(scope="session")
def whole(whole_version):
    """The SavedModel as a fresh process would load it."""
    return tf.saved_model.load(str(whole_version))


@pytest.fixture(scope="session")
def encode_picture():
    """A function that writes an array as the bytes of an image file."""

    def encode(picture, form="png", **settings):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, form, **settings)
        return file.getvalue()

    return encode


@pytest.fixture(scope="session")
def serve():
    """A context manager that serves a folder by HTTP and gives its address."""
    import contextlib
    import socket
    import threading
    import time

    import uvicorn

    from aigc_keras.serving.server import make_app
    from aigc_keras.serving.versions import ServedVersions

    @contextlib.contextmanager
    def run(folder, **settings):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        versions = ServedVersions(folder, **settings)
        config = uvicorn.Config(
            make_app(versions, "tiny"), port=port, log_level="error"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}", versions
        finally:
            server.should_exit = True
            thread.join()

    return run


@pytest.fixture(scope="session")
def check_refusal():
    """A function that checks that an answer refuses, in one line that helps."""

    def check(name, answer):
        assert 400 <= answer.status_code < 500, (name, answer.text)
        error = answer.json()["error"]
        assert error and "\n" not in error and len(error) < 600, (name, error)
        assert "Traceback" not in error and "node map" not in error, (name, error)

    return check


@pytest.fixture(scope="session")
def tensorflow_serving(whole_version, tmp_path_factory):
    """TensorFlow Serving itself with the files written for it: its two addresses."""
    import shutil
    import subprocess
    import time

    import httpx

    from aigc_keras.serving.serving_files import write_serving_files

    if shutil.which("tensorflow_model_server") is None:
        pytest.skip("no tensorflow_model_server on PATH: it is not asked")
    scratch = tmp_path_factory.mktemp("tensorflow_serving")
    version = shutil.copytree(whole_version, scratch / "tiny" / "1")
    config = write_serving_files(version, scratch / "config")
    models = config / "models.config"
    # Where the container has the model.
    text = models.read_text().replace("/models/tiny", str(version.parent))
    models.write_text(text)
    command = ["tensorflow_model_server", "--rest_api_port=18521", "--port=18520"]
    command += [f"--model_config_file={models}", "--enable_batching=true"]
    command += [f"--batching_parameters_file={config / 'batching.config'}"]
    command += [f"--monitoring_config_file={config / 'monitoring.config'}"]
    rest = "http://127.0.0.1:18521"
    with subprocess.Popen(command) as process:
        try:
            for _ in range(240):
                try:
                    httpx.get(f"{rest}/v1/models/tiny").raise_for_status()
                    break
                except httpx.HTTPError:
                    assert process.poll() is None
                    time.sleep(0.5)
            yield rest, "grpc://127.0.0.1:18520"
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def address(serve, whole_version):
    """The address of a server of the tiny model."""
    with serve(whole_version.parent) as (address, _):
        yield address
