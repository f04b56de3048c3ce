"""A small server that speaks TensorFlow Serving's REST protocol.

For a laptop, a class room and tests. TensorFlow Serving itself is for production.
Reference: https://www.tensorflow.org/tfx/serving/api_rest.
"""

import asyncio
import collections
import contextlib
import time

import fastapi
import orjson
import tensorflow as tf
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from aigc_keras.serving.batching import BatcherClosed, QueueFull
from aigc_keras.serving.protocol import (
    RequestError,
    read_body,
    read_inputs,
    write_answer,
)

MAX_BODY_BYTES = 32 * 2**20
TIMEOUT_SECONDS = 60
MODEL_PATHS = (
    "/v1/models/{model}",
    "/v1/models/{model}/versions/{version}",
    "/v1/models/{model}/labels/{label}",
)
# Texts that may be empty, by signature; see `ServedModel`.
OPTIONAL = {"inpaint": ("caption",)}


def make_app(versions, name):
    """Return the FastAPI application that serves one model.

    Args:
        versions: `ServedVersions`. Closed when the application ends.
        name: str. The model's name in addresses.

    Returns:
        `fastapi.FastAPI` with the routes of TensorFlow Serving: status, `/metadata`,
        `:predict`, and `/monitoring/prometheus/metrics`.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app):
        del app
        yield
        await asyncio.to_thread(versions.close)

    # TensorFlow Serving has no pages of documentation either.
    app = fastapi.FastAPI(lifespan=lifespan, openapi_url=None)
    figures = _Figures(name)

    def find(model, version, label):
        found = versions.find(version, label) if model == name else None
        if found is None:
            wanted = [f"version {version}"] if version is not None else []
            wanted += [f"label {label}"] if label is not None else []
            raise RequestError(
                f"Servable not found for request: {', '.join([model, *wanted])}. "
                f"Served is {name}, version {versions.current.number}",
                404,
            )
        return found

    async def predict(model, version, label, request):
        current = find(model, version, label)
        body, signature = read_body(await _read(request))
        if signature not in current.signatures:
            raise RequestError(
                f'Serving signature key "{signature}" not found. '
                f"Received: not one of {sorted(current.signatures)}"
            )
        optional = OPTIONAL.get(signature, ())
        columns = read_inputs(body, current.kinds(signature), optional)
        handed_in = versions.submit(signature, columns, version, label)
        future = asyncio.wrap_future(handed_in)
        outputs = await asyncio.wait_for(future, TIMEOUT_SECONDS)
        return write_answer(body, outputs)

    async def predict_route(request):
        started = time.monotonic()
        status, content = 200, None
        asked = (request.path_params.get(key) for key in ("model", "version", "label"))
        try:
            content = await predict(*asked, request)
        except Exception as error:
            status, message = explain(error)
            content = orjson.dumps({"error": message})
        figures.count(status, time.monotonic() - started)
        return Response(content, status, media_type="application/json")

    # Starlette's own routes: there is nothing that FastAPI could read or check.
    for served in MODEL_PATHS:
        app.add_route(f"{served}:predict", predict_route, methods=["POST"])

    @app.get(MODEL_PATHS[0])
    @app.get(MODEL_PATHS[1])
    @app.get(MODEL_PATHS[2])
    async def status_route(model: str, version: str = None, label: str = None):
        try:
            found = find(model, version, label)
        except RequestError as error:
            return JSONResponse({"error": str(error)}, error.status)
        named = version is not None or label is not None
        numbers = [found.number] if named else sorted(versions.loaded)
        entries = [_status(number, "AVAILABLE", "OK", "") for number in numbers]
        if not named:
            failed = sorted(versions.failed.items())
            entries += [_status(n, "END", "UNKNOWN", text) for n, text in failed]
        return {"model_version_status": entries}

    @app.get(f"{MODEL_PATHS[0]}/metadata")
    @app.get(f"{MODEL_PATHS[1]}/metadata")
    @app.get(f"{MODEL_PATHS[2]}/metadata")
    async def metadata_route(model: str, version: str = None, label: str = None):
        try:
            return describe(find(model, version, label), name)
        except RequestError as error:
            return JSONResponse({"error": str(error)}, error.status)

    @app.get("/monitoring/prometheus/metrics")
    async def figures_route():
        return PlainTextResponse(figures.text())

    return app


async def _read(request):
    """Return a request's body unless it is too large; then it is not read on."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise RequestError(
                f"The body must have at most {MAX_BODY_BYTES} bytes.", 413
            )
        chunks.append(chunk)
    return b"".join(chunks)


def explain(error):
    """Return HTTP status and one line for what went wrong with a request.

    Args:
        error: Exception.
    """
    if isinstance(error, RequestError):
        return error.status, str(error)
    if isinstance(error, tf.errors.InvalidArgumentError):
        return 400, _one_line(error.message)
    if isinstance(error, QueueFull | BatcherClosed):
        return 503, str(error)
    if isinstance(error, TimeoutError):
        return 504, f"The request took more than {TIMEOUT_SECONDS} seconds."
    return 500, _one_line(f"{type(error).__name__}: {error}")


def _one_line(message):
    """Return what TensorFlow says without where in the graph it says so."""
    message = message.split("<stack traces unavailable>")[-1].split("\n\t [[")[0]
    if "assertion failed:" in message:
        # Its parts stand in brackets.
        message = message.split("assertion failed:")[1].translate({91: None, 93: None})
    return " ".join(message.split())


def _status(number, state, code, message):
    status = {"error_code": code, "error_message": message}
    return {"version": str(number), "state": state, "status": status}


def describe(version, name):
    """Return the metadata of a version as TensorFlow Serving gives them.

    Args:
        version: `LoadedVersion`.
        name: str.
    """
    signatures = {
        key: {
            "inputs": _tensors(signature.structured_input_signature[1]),
            "outputs": _tensors(signature.structured_outputs),
            "method_name": "tensorflow/serving/predict",
            "defaults": {},
        }
        for key, signature in version.signatures.items()
    }
    spec = {"name": name, "signature_name": "", "version": str(version.number)}
    metadata = {"signature_def": {"signature_def": signatures}}
    return {"model_spec": spec, "metadata": metadata}


def _tensors(specs):
    return {
        key: {
            "dtype": f"DT_{tf.dtypes.as_dtype(spec.dtype).name.upper()}",
            "tensor_shape": {
                "dim": [
                    {"size": str(-1 if size is None else size), "name": ""}
                    for size in spec.shape
                ],
                "unknown_rank": False,
            },
            "name": spec.name,
        }
        for key, spec in specs.items()
    }


class _Figures:
    """Counts requests, in the names that TensorFlow Serving gives its figures."""

    def __init__(self, name):
        self._name = name
        self._counts, self._seconds = collections.Counter(), 0.0

    def count(self, status, seconds):
        """Count one request."""
        self._counts[status] += 1
        self._seconds += seconds

    def text(self):
        """Return the figures in Prometheus's text format."""
        label = f'model_name="{self._name}"'
        lines = ["# TYPE :tensorflow:serving:request_count counter"]
        lines += [
            f':tensorflow:serving:request_count{{{label},status="{status}"}} {count}'
            for status, count in sorted(self._counts.items())
        ]
        latency = ":tensorflow:serving:request_latency"
        lines += [
            f"# TYPE {latency} summary",
            f"{latency}_sum{{{label}}} {1e6 * self._seconds:.0f}",
            f"{latency}_count{{{label}}} {sum(self._counts.values())}",
        ]
        return "\n".join(lines) + "\n"
