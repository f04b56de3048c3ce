"""Files by which TensorFlow Serving serves an exported model."""

import pathlib

import tensorflow as tf

from aigc_keras.serving.export import SMOKE_TEST_CAPTION
from aigc_keras.serving.registry import read_labels

IMAGE = "tensorflow/serving:latest"
WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"

MODELS = """\
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
{versions}
  }}
}}
"""

# Rows, wait and threads as `benchmarks/serving_batches.py` found them on two cores. A
# request that cannot be read fails those that share its batch: the wait is short.
BATCHING = """\
max_batch_size { value: 32 }
batch_timeout_micros { value: 2000 }
max_enqueued_batches { value: 128 }
num_batch_threads { value: 2 }
"""

MONITORING = """\
prometheus_config {
  enable: true
  path: "/monitoring/prometheus/metrics"
}
"""

COMPOSE = """\
services:
  serving:
    image: {image}
    ports: ["8500:8500", "8501:8501"]
    volumes:
      - {folder}:/models/{name}:ro
      - .:/config:ro
    command:
      - --model_config_file=/config/models.config
      - --allow_version_labels_for_unavailable_models=true
      - --enable_batching=true
      - --batching_parameters_file=/config/batching.config
      - --model_config_file_poll_wait_seconds=10
      - --monitoring_config_file=/config/monitoring.config
    restart: unless-stopped
"""

README = """\
# {name} by TensorFlow Serving

    docker compose up -d                                     # from this folder
    curl localhost:8501/v1/models/{name}                     # is it there?
    curl localhost:8501/v1/models/{name}/metadata            # what can be asked?
    curl localhost:8501/v1/models/{name}:predict -d '{{"signature_name": "generate",
        "instances": [{{"caption": "a small red circle", "seed": 7}}]}}'
    curl localhost:8501/v1/models/{name}:predict -d '{{"signature_name": "caption",
        "instances": [{{"b64": "'$(base64 -w0 picture.png)'"}}]}}'
    curl localhost:8501/monitoring/prometheus/metrics        # how is it doing?

gRPC is at port 8500; `aigc_keras.Client` speaks both. A new version in the folder
takes over by itself until the first `aigc-keras models promote`; after it the labelled
versions are served, and `--serving-files` of that command writes `models.config` anew.
The values in `batching.config` are the best of those tried on two cores with a model of
64 pixels; with more cores, or a graphics card, try more rows and more threads.
"""


def write_serving_files(version, folder, name=None):
    """Write what TensorFlow Serving needs beside a model, and requests to warm it up.

    `models.config`, `batching.config`, `monitoring.config`, `compose.yaml` and
    `README.md` go to the folder; the requests, one a signature, into the version, where
    TensorFlow Serving looks for them.

    Args:
        version: Path of an exported version, such as `saved_models/shapes_64/1`.
        folder: Path, created where it is not there.
        name: str. The model's name, default that of the version's parent folder.

    Returns:
        Path of the folder.

    Raises:
        ImportError: Without the extra `serving`.
        OSError: If a file cannot be written.
    """
    version, folder = pathlib.Path(version).resolve(), pathlib.Path(folder)
    name = name or version.parent.name
    write_warmup(version, name)
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "name": name,
        "version": version.name,
        "folder": version.parent,
        "image": IMAGE,
    }
    write_models_config(version.parent, folder, name)
    texts = {
        "batching.config": BATCHING,
        "monitoring.config": MONITORING,
        "compose.yaml": COMPOSE.format(**values),
        "README.md": README.format(**values),
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def write_models_config(model, folder, name=None):
    """Write which versions TensorFlow Serving serves: the labelled ones, or the newest.

    Args:
        model: Path of the model, whose versions are its subfolders.
        folder: Path of the files of TensorFlow Serving.
        name: str. The model's name, default that of its folder.

    Returns:
        Path of the file.

    Raises:
        RegistryError: If the labels cannot be read.
        OSError: If the file cannot be written.
    """
    model = pathlib.Path(model).resolve()
    labels = read_labels(model)
    policy = "latest { num_versions: 2 }"
    if labels:
        numbers = sorted(set(labels.values()))
        policy = " ".join(f"versions: {number}" for number in numbers)
        policy = f"specific {{ {policy} }}"
    lines = [f"    model_version_policy {{ {policy} }}"]
    lines += [
        f'    version_labels {{ key: "{label}" value: {number} }}'
        for label, number in sorted(labels.items())
    ]
    path = pathlib.Path(folder) / "models.config"
    text = MODELS.format(name=name or model.name, versions="\n".join(lines))
    path.write_text(text, encoding="utf-8")
    return path


def write_warmup(version, name):
    """Write a request for each signature that TensorFlow Serving runs before it serves.

    Args:
        version: Path of an exported version.
        name: str. The model's name.

    Returns:
        Path of the file.
    """
    from tensorflow_serving.apis import prediction_log_pb2

    signatures = tf.saved_model.load(str(version)).signatures
    drawn = signatures["generate"](
        caption=tf.constant([SMOKE_TEST_CAPTION]), seed=tf.constant([0], tf.int64)
    )
    values = {
        "caption": tf.constant([SMOKE_TEST_CAPTION]),
        "text": tf.constant([SMOKE_TEST_CAPTION]),
        "image_bytes": drawn["png_bytes"],
        "mask_bytes": drawn["png_bytes"],
        "seed": tf.constant([0], tf.int64),
    }
    path = pathlib.Path(version) / WARMUP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as file:
        for signature, function in signatures.items():
            log = prediction_log_pb2.PredictionLog()
            request = log.predict_log.request
            request.model_spec.name = name
            request.model_spec.signature_name = signature
            for key in function.structured_input_signature[1]:
                tensor = tf.make_tensor_proto(values[key].numpy())
                request.inputs[key].CopyFrom(tensor)
            file.write(log.SerializeToString())
    return path
