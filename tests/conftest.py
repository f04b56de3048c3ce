"""Options, markers and fixtures that every test shares."""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest

COCO_SAMPLE = (
    pathlib.Path(__file__).resolve().parents[2] / "shared" / "data" / "coco_sample"
)


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


@pytest.fixture(scope="session")
def coco_sample():
    """A directory in COCO's own layout, or a skip."""
    if not COCO_SAMPLE.is_dir():
        pytest.skip(f"no COCO directory at {COCO_SAMPLE}")
    return COCO_SAMPLE
