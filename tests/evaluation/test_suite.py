"""The whole suite on a tiny model, its report, and the commands that run it."""

import html.parser
import json

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli.app import main
from aigc_keras.datasets import load_dataset
from aigc_keras.datasets.shapes import shapes_dataset_builder
from aigc_keras.evaluation.evaluation_encoder import (
    EvaluationEncoder,
    encoder_path,
    open_evaluation_encoder,
)
from aigc_keras.evaluation.report import write_report
from aigc_keras.evaluation.samples import PictureFolder, Protocol, Samples
from aigc_keras.evaluation.suite import METRICS, evaluate_suite
from aigc_keras.models.text_side import TextSideSettings
from aigc_keras.training import TrainingConfig, load_run

SMALL = {"train": (24, False), "test": (24, False), "test_unseen": (24, True)}
SIDE = 32


@pytest.fixture(scope="module")
def gan(tiny_run):
    return load_run(tiny_run)


@pytest.fixture(scope="module")
def prepared(gan, tmp_path_factory):
    """A folder with a small `shapes` and the evaluation encoder of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes_dataset_builder, "SPLITS", SMALL)
        folder = tmp_path_factory.mktemp("prepared")
        train = load_dataset("shapes", "train", SIDE, 64, prepared_dir=folder)
        encoder = EvaluationEncoder(gan.judge, gan.text_encoder)
        encoder.save(encoder_path(train, folder / "evaluation_encoders"))
        yield folder


@pytest.fixture(scope="module")
def config(prepared):
    config = TrainingConfig("shapes", prepared_dir=str(prepared), preset="tiny_32")
    return config.to_dict()


@pytest.fixture(scope="module")
def samples(gan, config, prepared):
    return Samples(gan, config, Protocol("test", 12, 3, str(prepared)))


@pytest.fixture(scope="module")
def result(samples):
    return evaluate_suite(samples)


@pytest.mark.slow
def test_every_metric_and_what_repeats_it(result):
    assert set(result) == {"protocol", "cost", *METRICS}
    assert json.loads(json.dumps(result)) == result
    assert 0 < result["cost"]["peak_memory_mb"] < 20_000
    protocol = result["protocol"]
    assert (protocol["split"], protocol["num_samples"], protocol["seed"]) == (
        "test",
        12,
        3,
    )
    assert len(protocol["weights_sha256"]) == 64
    figures = result["distribution"]["figures"]
    assert set(figures) == {
        f"{name}12_test_contrastive"
        for name in ("fid", "kid", "precision", "density", "recall", "coverage")
    }
    for figure in figures.values():
        assert figure["low"] <= figure["value"] <= figure["high"]
    assert "fewer than twice" in result["distribution"]["warnings"][0]
    assert set(result["matching"]) == {"en", "zh"}
    assert len(result["memorisation"]["pixels"]["nearest"]) == 12
    assert 1 < result["language"]["perplexity"] < 512


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures(gan, config, prepared, result):
    again, other = (
        evaluate_suite(
            Samples(gan, config, Protocol("test", 12, seed, str(prepared))),
            ["distribution"],
        )
        for seed in (3, 4)
    )
    for name in ("protocol", "distribution"):
        assert result[name] == again[name]
        assert result[name] != other[name]


def test_real_pictures_and_captions_do_not_overlap(samples):
    assert not set(samples.rows) & set(samples.other_rows)
    assert all(
        caption in samples.real.captions[row]
        for caption, row in zip(samples.captions, samples.other_rows, strict=True)
    )


def test_too_few_pictures_are_refused(gan, config, prepared):
    with pytest.raises(ValueError, match="at least 8 samples"):
        Samples(gan, config, Protocol("test", 4, 0, str(prepared)))


class Page(html.parser.HTMLParser):
    """Collects what a page shows, and what it would fetch."""

    def __init__(self):
        super().__init__()
        self.images, self.fetched, self.text, self.open = [], [], "", []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "img":
            self.images.append(attrs["src"])
        for name in ("src", "href"):
            if not attrs.get(name, "data:").startswith(("data:", "#")):
                self.fetched.append(attrs[name])

    def handle_data(self, data):
        self.text += data


@pytest.mark.slow
def test_the_report_is_one_whole_page(samples, result, tmp_path):
    history = [{"step": i, "generator_loss": 1 / i} for i in range(1, 5)]
    path = tmp_path / "report.html"
    write_report(path, "<tiny>", result, samples, history, "aigc-keras evaluate 'x'")
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    # Twelve samples, four strips of nine, and eight with two neighbours each.
    assert len(page.images) == 12 + 4 * 9 + 3 * 8
    assert all(source.startswith("data:image/png;base64,") for source in page.images)
    assert not page.fetched
    for part in (
        "<tiny>",
        "kid12_test_contrastive",
        "generator_loss",
        "Confusion of shapes",
        "aigc-keras evaluate 'x'",
        result["protocol"]["weights_sha256"],
        samples.captions[1],
    ):
        assert part in page.text, part


def write_pictures(folder, images):
    folder.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:03d}.png")


def test_a_folder_of_real_pictures_is_nearer_than_one_of_noise(
    config, prepared, tmp_path
):
    real = load_dataset("shapes", "train", SIDE, 64, prepared_dir=prepared).images
    noise = np.random.default_rng(0).integers(0, 256, (20, SIDE, SIDE, 3), "uint8")
    write_pictures(tmp_path / "real", real[np.arange(20)])
    write_pictures(tmp_path / "noise", noise)
    distances = []
    for name in ("real", "noise"):
        protocol = Protocol("test", 12, 0, str(prepared))
        folder = PictureFolder(tmp_path / name, SIDE, config, protocol)
        figures = evaluate_suite(folder, ["distribution"])["distribution"]["figures"]
        distances.append(figures["kid12_test_contrastive"]["value"])
    assert distances[0] < distances[1]


@pytest.mark.slow
def test_an_encoder_is_trained_once_and_kept(prepared, tmp_path):
    train = load_dataset("shapes", "train", SIDE, 64, prepared_dir=prepared)
    settings = TextSideSettings(
        seed=1, matching_steps=2, reading_steps=2, language_epochs=0
    )
    first = open_evaluation_encoder(train, tmp_path, settings)
    second = open_evaluation_encoder(train, tmp_path)
    images = train.images[np.arange(5)]
    np.testing.assert_array_equal(
        first.embed_images(images), second.embed_images(images)
    )
    captions = ["a small red circle", "一个小圆形"]
    np.testing.assert_allclose(
        first.embed_captions(captions), second.embed_captions(captions), atol=1e-6
    )


def run_command(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


@pytest.mark.slow
def test_the_command_measures_a_run_and_writes_a_report(
    tiny_run, prepared, tmp_path, capsys
):
    report = tmp_path / "report.html"
    options = ["--dataset", "shapes", "--prepared-dir", prepared, "--num-samples", 12]
    code, out, _ = run_command(
        capsys, "evaluate", "--run", tiny_run, *options, "--report", report, "--json"
    )
    assert code == 0
    assert set(json.loads(out)) == {"protocol", "cost", *METRICS}
    assert "generator_loss" in report.read_text(encoding="utf-8")


@pytest.mark.slow
def test_two_runs_stand_side_by_side(tiny_run, prepared, capsys):
    options = ["--dataset", "shapes", "--prepared-dir", prepared, "--num-samples", 12]
    code, out, _ = run_command(
        capsys, "compare", tiny_run, tiny_run, *options, "--metrics", "distribution"
    )
    assert code == 0
    line = next(
        line for line in out.splitlines() if "kid12" in line and "value" in line
    )
    assert line.split()[-1] == line.split()[-2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metrics", "beauty"], "beauty"),
        (["--report", "report.pdf"], "report.pdf"),
        (["--task", "cycle", "--metrics", "all"], "task gan"),
        (["--images", "nowhere", "--metrics", "matching"], "matching"),
        (["--images", "nowhere"], "at least 8 samples"),
        (["--features", "nowhere.h5", "--metrics", "distribution"], "nowhere.h5"),
    ],
)
def test_a_wrong_request_is_one_line(options, message, tiny_run, prepared, capsys):
    run = [] if "--images" in options else ["--run", tiny_run]
    options = [*options, "--dataset", "shapes", "--prepared-dir", prepared]
    code, _, err = run_command(capsys, "evaluate", *run, *options)
    assert code == 2
    assert message in err.strip().splitlines()[-1]
