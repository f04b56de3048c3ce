"""TensorFlow Serving's REST protocol: JSON bodies to arrays and back.

Reference: https://www.tensorflow.org/tfx/serving/api_rest, "Predict API".
"""

import base64
import binascii
import json

import numpy as np
import orjson

from aigc_keras.language.text_encoder import MAX_CAPTION_CHARACTERS

DEFAULT_SIGNATURE = "serving_default"
INT64 = np.iinfo(np.int64)


class RequestError(ValueError):
    """A request that cannot be served.

    Args:
        message: str, one line.
        status: int. HTTP status, default 400.
    """

    def __init__(self, message, status=400):
        super().__init__(message)
        self.status = status


def read_body(body):
    """Return the JSON object of a request's body.

    Args:
        body: bytes.

    Returns:
        Tuple of dict and str, the signature's name.

    Raises:
        RequestError: If it is no JSON object, or the name is no text.
    """
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The body must be JSON. Received: {error}") from error
    if not isinstance(request, dict):
        raise RequestError("The body must be a JSON object with instances or inputs.")
    name = request.get("signature_name", DEFAULT_SIGNATURE)
    if not isinstance(name, str):
        raise RequestError("signature_name must be text.")
    return request, name or DEFAULT_SIGNATURE


def read_inputs(request, kinds, optional=()):
    """Return the inputs of a request in row or in column format.

    Args:
        request: dict with `instances` (rows) or `inputs` (columns).
        kinds: Dict from input name to `"string"` or `"int64"`.
        optional: Names of texts that may be empty.

    Returns:
        Dict from name to a list of bytes or of int, all equally long, at least 1.

    Raises:
        RequestError: If a value is missing, too much, of another kind or too long.
    """
    if ("instances" in request) == ("inputs" in request):
        raise RequestError("The body must have either instances or inputs.")
    columns = (
        _columns_of_rows(request["instances"], kinds)
        if "instances" in request
        else _columns(request["inputs"], kinds)
    )
    _check_names(columns, kinds)
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) != 1 or not min(lengths.values()):
        raise RequestError(
            "Inputs must be lists of the same length, at least 1. "
            f"Received lengths: {lengths}"
        )
    return {
        name: [_value(value, name, kinds[name], name in optional) for value in values]
        for name, values in columns.items()
    }


def _columns_of_rows(rows, kinds):
    if not isinstance(rows, list) or not rows:
        raise RequestError("instances must be a list that is not empty.")
    if len(kinds) == 1:
        (name,) = kinds
        named = [row if _is_named(row, kinds) else {name: row} for row in rows]
    else:
        named = rows
    for row in named:
        if not isinstance(row, dict):
            raise RequestError(f"An instance must be an object with {sorted(kinds)}.")
        _check_names(row, kinds)
    return {name: [row[name] for row in named] for name in kinds}


def _columns(inputs, kinds):
    if len(kinds) == 1 and not _is_named(inputs, kinds):
        (name,) = kinds
        inputs = {name: inputs}
    if not isinstance(inputs, dict):
        raise RequestError(f"inputs must be an object with {sorted(kinds)}.")
    for name, values in inputs.items():
        if not isinstance(values, list):
            raise RequestError(f"The input {name!r} must be a list.")
    return inputs


def _is_named(value, kinds):
    return isinstance(value, dict) and set(value) == set(kinds)


def _check_names(given, kinds):
    missing, unknown = set(kinds) - set(given), set(given) - set(kinds)
    if missing or unknown:
        raise RequestError(
            f"The inputs must be {sorted(kinds)}. Received: missing {sorted(missing)}, "
            f"unknown {sorted(map(str, unknown))[:5]}"
        )


def _value(value, name, kind, may_be_empty):
    if kind != "string":
        if type(value) is not int or not INT64.min <= value <= INT64.max:
            raise RequestError(f"{name} must be whole numbers of 64 bits.")
        return value
    if isinstance(value, dict) and set(value) == {"b64"}:
        value = _from_base64(value["b64"], name)
    elif isinstance(value, str):
        try:
            value = value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise RequestError(f"{name} must be valid Unicode.") from error
    else:
        raise RequestError(f'{name} must be text or {{"b64": "..."}}.')
    if not name.endswith("_bytes"):
        _check_text(value, name, may_be_empty)
    return value


def _from_base64(text, name):
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise RequestError(f"{name} must be valid base64.") from error


def _check_text(value, name, may_be_empty):
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"{name} must be valid UTF-8.") from error
    if len(text) > MAX_CAPTION_CHARACTERS:
        raise RequestError(
            f"{name} must have at most {MAX_CAPTION_CHARACTERS} characters. "
            f"Received: {len(text)}"
        )
    if not text.strip() and not may_be_empty:
        raise RequestError(f"{name} must hold at least one character.")


def write_answer(request, outputs):
    """Return the body that a request is answered with.

    Args:
        request: dict, the request.
        outputs: Dict from output name to an array whose rows are those of the inputs.

    Returns:
        bytes. A JSON object with `predictions` (rows) or `outputs` (columns); a float
        that is not finite is written as null.
    """
    answer = _answer(request, outputs)
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def _answer(request, outputs):
    columns = {name: _write(values, name) for name, values in outputs.items()}
    if "inputs" in request:
        only = next(iter(columns.values())) if len(columns) == 1 else columns
        return {"outputs": only}
    if len(columns) == 1:
        return {"predictions": next(iter(columns.values()))}
    rows = zip(*columns.values(), strict=True)
    return {"predictions": [dict(zip(columns, row, strict=True)) for row in rows]}


def _write(values, name):
    if values.dtype != object:
        return np.ascontiguousarray(values)
    return _write_texts(values.tolist(), name.endswith("_bytes"))


def _write_texts(value, binary):
    if isinstance(value, list):
        return [_write_texts(one, binary) for one in value]
    if binary:
        return {"b64": base64.b64encode(value).decode("ascii")}
    return value.decode("utf-8", "replace")
