"""TensorFlow Serving's files are in its own forms, and the warm-up requests run."""

import shutil

import pytest
import tensorflow as tf
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from aigc_keras.serving.serving_files import WARMUP_FILE, write_serving_files


@pytest.fixture(scope="module")
def written(whole_version, tmp_path_factory):
    """A version of its own and the folder of its files."""
    scratch = tmp_path_factory.mktemp("serving")
    version = scratch / "tiny" / "1"
    shutil.copytree(whole_version, version)
    return version, write_serving_files(version, scratch / "config")


def test_the_models_configuration(written):
    _, folder = written
    text = (folder / "models.config").read_text()
    found = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (config,) = found.model_config_list.config
    assert (config.name, config.base_path) == ("tiny", "/models/tiny")
    assert not config.version_labels
    assert config.model_version_policy.latest.num_versions == 2


def message(name, fields, nested=()):
    """Return a message class; `tensorflow-serving-api` lacks the two needed here.

    The fields are those of TensorFlow Serving's session_bundle_config.proto and
    monitoring_config.proto.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="t")
    for inner, members in nested:
        file.message_type.add(name=inner)
        for place, (key, kind) in enumerate(members.items(), 1):
            file.message_type[-1].field.add(name=key, number=place, label=1, type=kind)
    file.message_type.add(name=name)
    for place, (key, kind) in enumerate(fields.items(), 1):
        file.message_type[-1].field.add(
            name=key, number=place, label=1, type=11, type_name=f".t.{kind}"
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"t.{name}"))


def test_the_batching_and_monitoring_configurations(written):
    _, folder = written
    keys = ["max_batch_size", "batch_timeout_micros", "max_enqueued_batches"]
    keys += ["num_batch_threads", "thread_pool_name"]
    batching = message(
        "BatchingParameters", dict.fromkeys(keys, "Int64"), [("Int64", {"value": 3})]
    )()
    text_format.Parse((folder / "batching.config").read_text(), batching)
    assert batching.max_batch_size.value == 32
    monitoring = message(
        "MonitoringConfig",
        {"prometheus_config": "Prometheus"},
        [("Prometheus", {"enable": 8, "path": 9})],
    )()
    text_format.Parse((folder / "monitoring.config").read_text(), monitoring)
    assert monitoring.prometheus_config.enable
    assert monitoring.prometheus_config.path.startswith("/monitoring")


@pytest.mark.slow
def test_warm_up_requests_run(written):
    version, _ = written
    signatures = tf.saved_model.load(str(version)).signatures
    asked = set()
    for record in tf.data.TFRecordDataset(str(version / WARMUP_FILE)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        asked.add(request.model_spec.signature_name)
        given = {k: tf.constant(tf.make_ndarray(v)) for k, v in request.inputs.items()}
        signatures[request.model_spec.signature_name](**given)
    assert asked == set(signatures)


def test_compose_and_readme_name_the_model(written):
    version, folder = written
    compose = (folder / "compose.yaml").read_text()
    assert f"- {version.parent}:/models/tiny:ro" in compose
    for file in ("models.config", "batching.config", "monitoring.config"):
        assert f"/config/{file}" in compose and (folder / file).is_file()
    readme = (folder / "README.md").read_text()
    assert readme.count("curl ") == 5 and "{" not in readme.split("curl")[1]


def test_tensorflow_serving_itself(tensorflow_serving):
    from aigc_keras.serving import Client

    for address in tensorflow_serving:
        with Client(address, "tiny", retries=8) as client:
            assert client.status() == {1: "AVAILABLE"}
            assert client.generate("a red ring").shape == (1, 32, 32, 3)
