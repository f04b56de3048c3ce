"""How a client reaches a served model: TensorFlow Serving's REST or gRPC interface."""

import base64
import importlib

import numpy as np

# HTTP: too many requests, no answer from behind, overloaded, no answer in time.
BUSY = (429, 502, 503, 504)


class ServingError(RuntimeError):
    """A request that was not answered, in one line that says why.

    Args:
        message: str.
        busy: bool. Whether a later attempt may succeed.
    """

    def __init__(self, message, busy=False):
        super().__init__(message)
        self.busy = busy


def _import(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            "The client needs the extra serving: pip install 'aigc_keras[serving]'. "
            f"Received: no module {error.name}"
        ) from error


class RestTransport:
    """TensorFlow Serving's REST interface.

    Args:
        address: str, such as `"http://host:8501"`.
        model: str.
        timeout: float. Seconds a request may take.
    """

    def __init__(self, address, model, timeout):
        httpx = _import("httpx")
        self._httpx, self._outputs = httpx, None
        self._client = httpx.Client(timeout=timeout)
        self._model = f"{address.rstrip('/')}/v1/models/{model}"

    def predict(self, signature, inputs):
        """Ask a signature.

        Args:
            signature: str.
            inputs: Dict from name to a list of str, bytes or int.

        Returns:
            Dict from name to a list of bytes (also of a text), or an array.

        Raises:
            ServingError: If there is no answer, or one that says why not.
        """
        body = {"signature_name": signature, "inputs": {}}
        for name, values in inputs.items():
            body["inputs"][name] = [_to_json(value) for value in values]
        answer = self._call("post", f"{self._model}:predict", json=body)["outputs"]
        if self._outputs is None:
            found = self.metadata().items()
            self._outputs = {name: list(sides["outputs"]) for name, sides in found}
        expected = self._outputs[signature]
        if len(expected) == 1:
            answer = {expected[0]: answer}
        return {name: _from_json(values) for name, values in answer.items()}

    def metadata(self):
        """Return the dtypes of inputs and outputs by signature; see `Client`."""
        found = self._call("get", f"{self._model}/metadata")["metadata"]
        return {
            name: {side: _dtypes(signature[side]) for side in ("inputs", "outputs")}
            for name, signature in found["signature_def"]["signature_def"].items()
            if not name.startswith("__")
        }

    def status(self):
        """Return the state of each version."""
        entries = self._call("get", self._model)["model_version_status"]
        return {int(entry["version"]): entry["state"] for entry in entries}

    def close(self):
        """Close the connection."""
        self._client.close()

    def _call(self, method, address, **settings):
        try:
            answer = self._client.request(method, address, **settings)
        except self._httpx.TransportError as error:
            raise ServingError(
                f"{address} cannot be reached. Received: {error or type(error)}",
                busy=True,
            ) from error
        try:
            content = answer.json()
        except ValueError:
            content = {"error": answer.text[:200]}
        if answer.status_code != 200:
            message = content.get("error") if isinstance(content, dict) else content
            raise ServingError(
                f"{address} answered {answer.status_code}: {message}",
                busy=answer.status_code in BUSY,
            )
        return content


def _dtypes(tensors):
    return {
        name: tensor["dtype"].removeprefix("DT_").lower()
        for name, tensor in tensors.items()
    }


def _to_json(value):
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode("ascii")}
    return value


def _from_json(values):
    """Return numbers as an array, and texts and files as nested lists of bytes."""
    first = values
    while isinstance(first, list) and first:
        first = first[0]
    if isinstance(first, int | float):
        return np.array(values)
    return _to_bytes(values)


def _to_bytes(value):
    if isinstance(value, list):
        return [_to_bytes(one) for one in value]
    if isinstance(value, dict):
        return base64.b64decode(value["b64"])
    return value.encode("utf-8")


class GrpcTransport:
    """TensorFlow Serving's gRPC interface, by the official stubs.

    Args:
        address: str, such as `"grpc://host:8500"`.
        model: str.
        timeout: float. Seconds a request may take.
    """

    def __init__(self, address, model, timeout):
        grpc = _import("grpc")
        predictions = _import("tensorflow_serving.apis.prediction_service_pb2_grpc")
        models = _import("tensorflow_serving.apis.model_service_pb2_grpc")
        self._grpc = grpc
        self._address, self._model, self._timeout = address, model, timeout
        largest = 64 * 2**20
        self._channel = grpc.insecure_channel(
            address.removeprefix("grpc://"),
            options=[
                ("grpc.max_receive_message_length", largest),
                ("grpc.max_send_message_length", largest),
            ],
        )
        self._prediction = predictions.PredictionServiceStub(self._channel)
        self._models = models.ModelServiceStub(self._channel)

    def predict(self, signature, inputs):
        """Ask a signature; see `RestTransport.predict`."""
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        request.model_spec.name = self._model
        request.model_spec.signature_name = signature
        for name, values in inputs.items():
            dtype = tf.int64 if isinstance(values[0], int) else tf.string
            request.inputs[name].CopyFrom(tf.make_tensor_proto(values, dtype))
        answer = self._call(self._prediction.Predict, request)
        return {
            name: tf.make_ndarray(tensor) for name, tensor in answer.outputs.items()
        }

    def metadata(self):
        """Return the dtypes of inputs and outputs by signature; see `Client`."""
        import tensorflow as tf
        from tensorflow_serving.apis import get_model_metadata_pb2

        request = get_model_metadata_pb2.GetModelMetadataRequest()
        request.model_spec.name = self._model
        request.metadata_field.append("signature_def")
        answer = self._call(self._prediction.GetModelMetadata, request)
        found = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(found)
        return {
            name: {
                side: {
                    key: tf.dtypes.as_dtype(tensor.dtype).name
                    for key, tensor in getattr(signature, side).items()
                }
                for side in ("inputs", "outputs")
            }
            for name, signature in found.signature_def.items()
            if not name.startswith("__")
        }

    def status(self):
        """Return the state of each version."""
        from tensorflow_serving.apis import get_model_status_pb2

        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = self._model
        states = get_model_status_pb2.ModelVersionStatus.State
        answer = self._call(self._models.GetModelStatus, request)
        return {
            one.version: states.Name(one.state) for one in answer.model_version_status
        }

    def close(self):
        """Close the connection."""
        self._channel.close()

    def _call(self, method, request):
        try:
            return method(request, timeout=self._timeout)
        except self._grpc.RpcError as error:
            codes = self._grpc.StatusCode
            busy = (
                codes.UNAVAILABLE,
                codes.RESOURCE_EXHAUSTED,
                codes.DEADLINE_EXCEEDED,
            )
            message = " ".join(str(error.details()).split())
            raise ServingError(
                f"{self._address} answered {error.code().name}: {message}",
                busy=error.code() in busy,
            ) from error
