"""Labels say which versions are served, and a promotion can be taken back."""

import json

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from aigc_keras.cli import app
from aigc_keras.serving import registry
from aigc_keras.serving.serving_files import write_models_config


@pytest.fixture
def model(tmp_path):
    """A model's folder with three versions, and what is none."""
    folder = tmp_path / "models" / "tiny"
    for name in ("1", "2", "10", ".staging_x"):
        (folder / name).mkdir(parents=True)
        (folder / name / "saved_model.pb").write_bytes(b"")
    (folder / "11").mkdir()
    return folder


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main([str(argument) for argument in arguments])
    output, errors = capfd.readouterr()
    assert "Traceback" not in errors
    return exit_.value.code, output, errors


def test_versions_are_numbers_that_hold_a_model(model):
    assert registry.version_numbers(model) == [1, 2, 10]
    assert registry.version_numbers(model / "nowhere") == []


def test_promote_and_rollback(model):
    assert registry.read_labels(model) == {}
    registry.promote(model, 1)
    registry.promote(model, 2, "canary")
    assert registry.read_labels(model) == {"stable": 1, "canary": 2}
    # A canary that becomes stable is none any more.
    assert registry.promote(model, 2) == {"stable": 2}
    registry.promote(model, 2)
    registry.promote(model, 10)
    assert registry.rollback(model) == {"stable": 2}
    assert registry.rollback(model) == {"stable": 1}
    with pytest.raises(registry.RegistryError, match="no earlier"):
        registry.rollback(model)
    registry.promote(model, 10, "canary")
    assert registry.rollback(model, "canary") == {"stable": 1}
    with pytest.raises(registry.RegistryError, match="no canary"):
        registry.rollback(model, "canary")
    assert not list(model.glob(".labels_*"))


def test_rollback_skips_a_version_that_was_deleted(model):
    for version in (1, 2, 10):
        registry.promote(model, version)
    (model / "2" / "saved_model.pb").unlink()
    assert registry.rollback(model) == {"stable": 1}


@pytest.mark.parametrize("label", ["latest", "", None])
def test_unknown_labels_and_versions_are_refused(model, label):
    with pytest.raises(registry.RegistryError, match="label"):
        registry.promote(model, 1, label)
    with pytest.raises(registry.RegistryError, match="Received: 3"):
        registry.promote(model, 3)
    with pytest.raises(registry.RegistryError, match="nowhere, which holds none"):
        registry.promote(model / "nowhere", 1)
    assert registry.read_labels(model) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"labels": {"x": 1}}', '{"labels'])
def test_a_broken_file_is_said_in_one_line(model, text):
    (model / registry.LABELS_FILE).write_text(text)
    with pytest.raises(registry.RegistryError, match=r"labels\.json"):
        registry.read_labels(model)


def test_a_write_that_fails_leaves_the_labels(model, monkeypatch):
    registry.promote(model, 1)
    monkeypatch.setattr(registry.json, "dump", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        registry.promote(model, 2)
    assert registry.read_labels(model) == {"stable": 1}
    assert not list(model.glob(".labels_*"))


def test_the_models_configuration_follows(model, tmp_path):
    def config():
        text = write_models_config(model, tmp_path).read_text()
        found = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
        return found.model_config_list.config[0]

    assert config().model_version_policy.latest.num_versions == 2
    registry.promote(model, 2)
    registry.promote(model, 10, "canary")
    assert list(config().model_version_policy.specific.versions) == [2, 10]
    assert dict(config().version_labels) == {"stable": 2, "canary": 10}


def test_the_commands(capfd, model):
    where = ("--models", model.parent)
    assert run_cli(capfd, "models", "promote", "tiny", 1, *where)[0] == 0
    assert run_cli(capfd, "models", "promote", "tiny", 2, *where)[0] == 0
    _, output, _ = run_cli(capfd, "models", "list", *where)
    assert output.split() == ["tiny", "1,", "2", "(stable),", "10"]
    _, output, _ = run_cli(capfd, "models", "rollback", "tiny", "--json", *where)
    assert json.loads(output) == {"model": "tiny", "labels": {"stable": 1}}
    status, _, errors = run_cli(capfd, "models", "promote", "tiny", 7, *where)
    assert status == 2 and "Received: 7" in errors
    assert len(errors.strip().splitlines()) == 1
    _, output, _ = run_cli(capfd, "models", "list", "--json", *where)
    found = {"versions": [1, 2, 10], "labels": {"stable": 1}}
    assert json.loads(output) == {"tiny": found}
