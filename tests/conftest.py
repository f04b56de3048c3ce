"""Options, markers and fixtures that every test shares."""

import functools
import gc
import json
import os
import pathlib
import shutil
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# Its threads spin while they wait: beside other work on two cores a test took minutes
# that takes two seconds alone.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    # One process a core.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import pytest

COCO_SAMPLE = (
    pathlib.Path(__file__).resolve().parents[2] / "shared" / "data" / "coco_sample"
)

# Each takes many seconds: the files that name one of a group run in one process.
COSTLY_FIXTURES = {
    "whole_version": "serving",
    "tiny_run": "runs",
    "begin_run": "runs",
    "labelled_run": "runs",
}
# Minutes each with --slow.
LONGEST_FILES = ("test_tutorial.py", "test_distribution.py")


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run tests marked slow")
    parser.addoption(
        "--network", action="store_true", help="also run tests marked network"
    )


def pytest_collection_modifyitems(config, items):
    for marker in ("slow", "network"):
        if not config.getoption(f"--{marker}"):
            skip = pytest.mark.skip(reason=f"needs --{marker}")
            for item in items:
                if marker in item.keywords:
                    item.add_marker(skip)
    # What takes long in one process begins first, so that none waits for it at the end.
    items.sort(key=lambda item: _turn(item.path))


def pytest_collection_finish():
    """Tracing makes garbage by the million; it is looked for after each file only.

    What was imported stays for good and need not be looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    # Last of all: the file's fixtures are gone. What is left stays, mostly what was
    # imported since; looked at after every file it took a twelfth of all time.
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class FixtureScheduling(LoadScopeScheduling):
        """Hands out whole files, and those with a costly fixture together."""

        def _split_scope(self, nodeid):
            name = nodeid.split("::")[0]
            return _costly_group(config.rootpath / name) or name

    return FixtureScheduling(config, log)


def _turn(path):
    if path.name in LONGEST_FILES:
        return 0
    return 1 if _costly_group(path) else 2


@functools.cache
def _costly_group(path):
    if path.parent.name == "serving":
        return "serving"
    text = path.read_text(encoding="utf-8")
    return next((of for name, of in COSTLY_FIXTURES.items() if name in text), None)


@pytest.fixture(autouse=True)
def _dtype_policy():
    """Each test begins and ends with Keras's own policy; commands choose another."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def coco_sample():
    """A directory of real photographs in COCO's own layout, or a skip."""
    if not COCO_SAMPLE.is_dir():
        pytest.skip(f"no COCO directory at {COCO_SAMPLE}")
    return COCO_SAMPLE


def write_coco_directory(folder, number=12, name="train2017", image_size=32):
    """Write `shapes` pictures as a directory in COCO's layout."""
    from PIL import Image

    from aigc_keras.datasets.shapes import captions, render

    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    (folder / name).mkdir(exist_ok=True)
    images, annotations = [], []
    for index in range(number):
        image, scene, rng = render.make_example(f"tiny/{index}", image_size=image_size)
        file_name = f"{index:06d}.png"
        Image.fromarray(image).save(folder / name / file_name)
        images.append({"id": index, "file_name": file_name})
        for caption in captions.write_captions(scene, rng)[0]:
            annotations.append({"image_id": index, "caption": caption})
    content = {"images": images, "annotations": annotations}
    path = folder / "annotations" / f"captions_{name}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture
def make_coco_directory():
    """The function `write_coco_directory`."""
    return write_coco_directory


@pytest.fixture(scope="session")
def draw_dataset():
    """A function that draws a few `shapes` pictures of 32 pixels as a data set."""

    def draw(number, per_language=1, batch_size=4):
        import numpy as np

        from aigc_keras.datasets.pipeline import CaptionedDataset
        from aigc_keras.datasets.shapes import captions, render

        made = [render.make_example(f"few/{i}", image_size=32) for i in range(number)]
        said = [
            captions.write_captions(scene, rng, per_language)[0]
            for _, scene, rng in made
        ]
        images = np.stack([image for image, _, _ in made])
        return CaptionedDataset("few", "train", images, said, batch_size)

    return draw


@pytest.fixture(scope="session")
def tiny_coco(tmp_path_factory):
    """A directory of 12 pictures of 32 pixels in COCO's layout."""
    return write_coco_directory(tmp_path_factory.mktemp("tiny_coco"))


@pytest.fixture(scope="session")
def tiny_settings(tiny_coco, tmp_path_factory):
    """Settings of a training that takes seconds."""
    return {
        "dataset": "coco_folder",
        "data_dir": str(tiny_coco),
        "prepared_dir": str(tmp_path_factory.mktemp("prepared")),
        "preset": "tiny_32",
        "image_size": 32,
        "matching_steps": 3,
        "reading_steps": 3,
        "steps": 6,
        "batch_size": 4,
        "log_every": 2,
        "sample_every": 4,
        "save_every": 2,
        "precision": "float32",
    }


@pytest.fixture(scope="session")
def tiny_run(tiny_settings, tmp_path_factory):
    """The folder of a finished tiny run."""
    from aigc_keras.training import TrainingConfig, train

    path = tmp_path_factory.mktemp("runs") / "tiny"
    train(TrainingConfig(**tiny_settings), path)
    return path


@pytest.fixture
def begin_run(tiny_run):
    """A function that lays the tiny run's trained text side into a run's folder."""
    from aigc_keras.training import RunFolder

    def begin(path):
        shutil.copytree(RunFolder(tiny_run).model_path, RunFolder(path).model_path)
        return path

    return begin


@pytest.fixture(scope="session")
def labelled_folder(tmp_path_factory):
    """A captioned folder of three classes, 24 pictures to train on and 16 to test."""
    import csv

    from PIL import Image

    from aigc_keras.datasets.shapes import captions, render

    folder = tmp_path_factory.mktemp("labelled")
    with open(folder / "captions.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("image", "caption", "label", "split"))
        for index in range(40):
            image, scene, rng = render.make_example(f"labelled/{index}", image_size=32)
            Image.fromarray(image).save(folder / f"{index:02d}.png")
            label = ("warm", "cold", "grey")[scene.objects[0].colour.count("e") % 3]
            split = "train" if index < 24 else "test"
            for caption in captions.write_captions(scene, rng)[0]:
                table.writerow((f"{index:02d}.png", caption, label, split))
    return folder


@pytest.fixture(scope="session")
def labelled_run(labelled_folder, tiny_settings, tmp_path_factory):
    """The folder of a finished tiny run on data with classes."""
    from aigc_keras.training import TrainingConfig, train

    data = {"dataset": "captioned_folder", "data_dir": str(labelled_folder)}
    stages = {"prior_steps": 3, "warm_up_steps": 3}
    path = tmp_path_factory.mktemp("runs") / "labelled"
    train(TrainingConfig(**{**tiny_settings, **data, **stages}), path)
    return path


@pytest.fixture(scope="session")
def tiny_language():
    """A tiny text encoder of three captions, and a GPT-2 that writes them."""
    from aigc_keras.language import GPT2LanguageModel, GPT2TextEncoder

    captions = ["a red ring", "a blue star", "a green cross"] * 4
    sizes = {"vocabulary_size": 270, "num_layers": 1, "num_heads": 2, "hidden_dim": 16}
    writer = GPT2LanguageModel.from_captions(captions, epochs=0, seed=0, **sizes)
    writer.fit(captions, epochs=60, batch_size=6, seed=0)
    encoder = GPT2TextEncoder.from_captions(captions, epochs=1, seed=0, **sizes)
    return encoder, writer


@pytest.fixture
def repairing_gan(tiny_language):
    """A model of 32 pixels whose repairer changes everything it sees."""
    import numpy as np

    from aigc_keras.models import (
        Discriminator,
        Generator,
        ImageRepairer,
        TextToImageGAN,
    )

    encoder, _ = tiny_language
    dim = encoder.text_dim
    gan = TextToImageGAN(
        Generator(32, dim, 4, base_channels=2, condition_dim=8),
        Discriminator(32, dim, base_channels=2, matching_dim=6),
        encoder,
    )
    repairer = ImageRepairer(32, dim, 4, base_channels=2, condition_dim=8)
    rng = np.random.default_rng(0)
    shapes = [weight.shape for weight in repairer.weights]
    repairer.set_weights([rng.normal(0, 0.2, shape) for shape in shapes])
    gan.set_repairer(repairer)
    return gan


@pytest.fixture(scope="session")
def tiny_captioner(tiny_language):
    """A captioner of 32 pixels that has learned to write, not to look."""
    import keras

    from aigc_keras.models import ImageCaptioner

    keras.utils.set_random_seed(0)
    return ImageCaptioner(tiny_language[1], 32, base_channels=2)
