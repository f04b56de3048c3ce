"""The client asks by REST and by gRPC alike, tries again, and says what is wrong."""

import concurrent.futures
import http.server
import threading

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import any_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

import aigc_keras.serving.client
from aigc_keras.serving import Client, ServingError

# A model with every part is made and exported first.
pytestmark = pytest.mark.slow


class Servicer(
    prediction_service_pb2_grpc.PredictionServiceServicer,
    model_service_pb2_grpc.ModelServiceServicer,
):
    """TensorFlow Serving's gRPC services over a SavedModel; no binary is at hand."""

    def __init__(self, folder):
        self.model = tf.saved_model.load(str(folder))
        self.busy = 0

    def Predict(self, request, context):  # noqa: N802
        if self.busy:
            self.busy -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "overloaded")
        name = request.model_spec.signature_name
        if request.model_spec.name != "tiny" or name not in self.model.signatures:
            context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request")
        signature = self.model.signatures[name]
        given = {k: tf.constant(tf.make_ndarray(v)) for k, v in request.inputs.items()}
        try:
            outputs = signature(**given)
        except tf.errors.InvalidArgumentError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
        answer = predict_pb2.PredictResponse()
        for key, value in outputs.items():
            answer.outputs[key].CopyFrom(tf.make_tensor_proto(value.numpy()))
        return answer

    def GetModelMetadata(self, request, context):  # noqa: N802
        del request, context
        found = get_model_metadata_pb2.SignatureDefMap()
        for name, signature in self.model.signatures.items():
            sides = (
                ("inputs", signature.structured_input_signature[1]),
                ("outputs", signature.structured_outputs),
            )
            for side, specs in sides:
                for key, spec in specs.items():
                    tensor = getattr(found.signature_def[name], side)[key]
                    tensor.dtype = spec.dtype.as_datatype_enum
        packed = any_pb2.Any()
        packed.Pack(found)
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        answer.metadata["signature_def"].CopyFrom(packed)
        return answer

    def GetModelStatus(self, request, context):  # noqa: N802
        del request, context
        answer = get_model_status_pb2.GetModelStatusResponse()
        answer.model_version_status.add(version=1, state=30)
        return answer


@pytest.fixture(scope="module")
def servicer(whole_version):
    return Servicer(whole_version)


@pytest.fixture(scope="module")
def grpc_address(servicer):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        servicer, server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"grpc://127.0.0.1:{port}"
    server.stop(None)


@pytest.fixture(params=["rest", "grpc"])
def client(request, address, grpc_address):
    chosen = address if request.param == "rest" else grpc_address
    with Client(chosen, "tiny") as client:
        yield client


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(aigc_keras.serving.client, "FIRST_PAUSE", 0.01)


def test_drawing(client, whole_gan):
    drawn = client.generate(["a red ring", "一个蓝色五角星"], seed=5)
    expected = whole_gan.generate(["a red ring", "一个蓝色五角星"], seed=5)
    assert drawn.dtype == np.uint8
    assert np.abs(drawn.astype(int) - expected).max() <= 2
    assert client.generate("a red ring", seed=5).shape == (1, 32, 32, 3)


def test_describing(client, whole_gan, asked_pictures, tmp_path, encode_picture):
    (tmp_path / "a.png").write_bytes(encode_picture(asked_pictures[1]))
    (tmp_path / "b.bmp").write_bytes(encode_picture(asked_pictures[2], "bmp"))
    pictures = [asked_pictures[0], tmp_path / "a.png", str(tmp_path / "b.bmp")]
    expected = whole_gan.companions.captioner.caption(asked_pictures)
    assert client.caption(pictures) == expected
    assert len(client.caption(pictures[0], language="zh")) == 1


def test_editing(client, whole_gan, asked_pictures):
    images, captions = client.edit(asked_pictures, ["make it blue"] * 3)
    said = whole_gan.companions.captioner.caption(asked_pictures)
    reader = whole_gan.companions.instruction_reader
    assert captions == reader.read(said, ["make it blue"] * 3)
    expected = whole_gan.edit(asked_pictures, ["make it blue"] * 3)
    assert np.abs(images.astype(int) - expected).max() <= 2


def test_mending(client, asked_pictures):
    mask = np.zeros((32, 32), bool)
    mask[4:9, 4:9] = True
    mended = client.inpaint(asked_pictures[0], mask, "a red ring", seed=2)
    np.testing.assert_array_equal(mended[~mask][:, :3], asked_pictures[0][~mask])
    assert (mended[mask][:, :3] != asked_pictures[0][mask]).any()


def test_recognising(client, whole_gan, asked_pictures):
    found = client.recognize(asked_pictures)
    expected = whole_gan.recognize(asked_pictures)
    assert [one["labels"][0] for one in found] == expected["labels"]
    for one, chances, real in zip(
        found, expected["probabilities"], expected["realness"], strict=True
    ):
        np.testing.assert_allclose(one["probabilities"].sum(), 1, atol=1e-5)
        np.testing.assert_allclose(one["probabilities"][0], chances.max(), atol=1e-5)
        assert one["realness"] == pytest.approx(real, abs=1e-5)


def test_what_is_served(client):
    assert client.status() == {1: "AVAILABLE"}
    found = client.metadata()
    assert found["edit"]["inputs"] == {
        "image_bytes": "string",
        "caption": "string",
        "seed": "int64",
    }
    assert found["generate"]["outputs"] == {"image": "uint8", "png_bytes": "string"}


def test_refusals_are_one_line(client, tmp_path):
    with pytest.raises(ServingError, match="must be the bytes of a PNG or JPEG"):
        client.caption(b"\x89PNG, nearly")
    with pytest.raises(ValueError, match="must be an image file"):
        client.caption(b"no picture")
    with pytest.raises(ValueError, match="as many of each"):
        client.edit(np.zeros((2, 32, 32, 3), "uint8"), ["make it blue"])
    with pytest.raises(ValueError, match="en or zh"):
        client.caption(b"", language="de")
    with pytest.raises(FileNotFoundError):
        client.caption(tmp_path / "nowhere.png")


def test_an_unknown_model_is_said(address, grpc_address):
    for where in (address, grpc_address):
        with Client(where, "other") as client:
            with pytest.raises(ServingError, match="Servable not found") as caught:
                client.generate("a ring")
            assert "\n" not in str(caught.value)


def test_a_busy_grpc_server_is_asked_again(servicer, grpc_address):
    servicer.busy = 2
    with Client(grpc_address, "tiny") as client:
        assert client.generate("a ring").shape == (1, 32, 32, 3)
    servicer.busy = 2
    with Client(grpc_address, "tiny", retries=1) as client:
        with pytest.raises(ServingError, match="UNAVAILABLE: overloaded"):
            client.generate("a ring")
    servicer.busy = 0


@pytest.fixture
def grumpy():
    """An HTTP server that is busy for a while; `left` says how often."""

    class Handler(http.server.BaseHTTPRequestHandler):
        left, asked = 0, 0

        def do_GET(self):  # noqa: N802
            Handler.asked += 1
            busy = Handler.left > 0
            Handler.left -= busy
            body = b'{"model_version_status": [{"version": "7", "state": "AVAILABLE"}]}'
            body = b'{"error": "too much"}' if busy else body
            self.send_response(503 if busy else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_busy_http_server_is_asked_again(grumpy):
    handler, where = grumpy
    handler.left = 3
    with Client(where) as client:
        assert client.status() == {7: "AVAILABLE"} and handler.asked == 4
    handler.left = 9
    with Client(where, retries=2) as client:
        with pytest.raises(ServingError, match="answered 503: too much"):
            client.status()
    assert handler.asked == 7


def test_nobody_there(unused_port=1):
    for where in (f"http://127.0.0.1:{unused_port}", f"grpc://127.0.0.1:{unused_port}"):
        with Client(where, retries=1, timeout=5) as client:
            with pytest.raises(ServingError, match="127.0.0.1:1") as caught:
                client.status()
        assert "\n" not in str(caught.value)


def test_an_address_says_its_protocol():
    with pytest.raises(ValueError, match="must begin with"):
        Client("localhost:8501")
