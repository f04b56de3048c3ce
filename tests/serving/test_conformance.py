"""The protocol of TensorFlow Serving's REST interface, asked of every server there is.

Of the embedded one always; of TensorFlow Serving itself where its binary is on PATH.
"""

import base64
import concurrent.futures
import json
import random

import httpx
import numpy as np
import pytest

MODEL = "/v1/models/tiny"
GOOD = {"signature_name": "generate", "instances": [{"caption": "a ring", "seed": 1}]}


@pytest.fixture(scope="module", params=["aigc-keras serve", "tensorflow_model_server"])
def http(request):
    ours = request.param == "aigc-keras serve"
    found = request.getfixturevalue("address" if ours else "tensorflow_serving")
    with httpx.Client(base_url=found if ours else found[0], timeout=60) as client:
        yield client


def predict(http, body, path=f"{MODEL}:predict"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http.post(path, content=content)


def b64(data):
    return {"b64": base64.b64encode(data).decode()}


def test_rows_and_columns_say_the_same(http, whole_gan):
    captions, seeds = ["a red ring", "一个蓝色五角星"], [3, 4]
    rows = [{"caption": c, "seed": s} for c, s in zip(captions, seeds, strict=True)]
    by_rows = predict(http, {"signature_name": "generate", "instances": rows})
    by_rows = by_rows.json()["predictions"]
    inputs = {"caption": captions, "seed": seeds}
    by_columns = predict(http, {"inputs": inputs}).json()["outputs"]
    expected = whole_gan.generate(captions, seed=seeds)
    for row, image in enumerate(expected):
        assert by_rows[row]["image"] == by_columns["image"][row]
        assert by_rows[row]["png_bytes"] == by_columns["png_bytes"][row]
        difference = np.array(by_rows[row]["image"]) - image.astype(int)
        assert np.abs(difference).max() <= 2


def test_a_single_input_and_a_single_output_need_no_name(http):
    plain = {"signature_name": "embed_text", "instances": ["a red ring"]}
    named = {"signature_name": "embed_text", "instances": [{"text": "a red ring"}]}
    column = {"signature_name": "embed_text", "inputs": ["a red ring"]}
    first, second, third = (
        predict(http, body).json() for body in (plain, named, column)
    )
    assert first == second and first["predictions"] == third["outputs"]
    assert np.array(first["predictions"]).shape == (1, 32)


def test_files_travel_in_base64(http, asked_pictures, encode_picture):
    file = encode_picture(asked_pictures[0])
    body = {"signature_name": "edit", "instances": [{"image_bytes": b64(file)}]}
    body["instances"][0] |= {"caption": "make it blue", "seed": -1}
    (answer,) = predict(http, body).json()["predictions"]
    # A single input needs no name, as the README of the serving files has it.
    plain = {"signature_name": "caption", "instances": [b64(file)]}
    assert len(predict(http, plain).json()["predictions"]) == 1
    hole = {"image_bytes": b64(file), "mask_bytes": b64(file), "caption": "", "seed": 1}
    unsaid = predict(http, {"signature_name": "inpaint", "instances": [hole]})
    assert unsaid.status_code == 200
    png = base64.b64decode(answer["png_bytes"]["b64"])
    assert png.startswith(b"\x89PNG") and answer["caption"].startswith("a blue")


def test_status_and_metadata(http):
    entry = {"version": "1", "state": "AVAILABLE"}
    entry["status"] = {"error_code": "OK", "error_message": ""}
    for path in (MODEL, f"{MODEL}/versions/1"):
        assert http.get(path).json() == {"model_version_status": [entry]}
    found = http.get(f"{MODEL}/metadata").json()
    assert found["model_spec"] == {"name": "tiny", "signature_name": "", "version": "1"}
    signatures = found["metadata"]["signature_def"]["signature_def"]
    caption = signatures["serving_default"]["inputs"]["caption"]
    assert caption["dtype"] == "DT_STRING"
    assert caption["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]
    image = signatures["generate"]["outputs"]["image"]
    sizes = [one["size"] for one in image["tensor_shape"]["dim"]]
    assert image["dtype"] == "DT_UINT8" and sizes == ["-1", "32", "32", "3"]
    assert predict(
        http, {"inputs": {"caption": ["x"], "seed": [1]}}, f"{MODEL}/versions/1:predict"
    ).is_success


@pytest.mark.parametrize("path", ["/v1/models/other", f"{MODEL}/versions/9"])
def test_what_is_not_there_is_404(http, path):
    for answer in (
        http.get(path),
        http.get(f"{path}/metadata"),
        predict(http, {"instances": ["x"]}, f"{path}:predict"),
    ):
        assert answer.status_code == 404
        assert "Servable not found" in answer.json()["error"]


def malformed(png):
    """Return bodies that no server should answer with 200."""

    def rows(**row):
        return {"signature_name": "generate", "instances": [row]}

    def picture(data, name="caption"):
        return {"signature_name": name, "instances": [{"image_bytes": data}]}

    bomb = png[:16] + b"\x7f\xff\xff\xff" * 2 + png[24:]
    return {
        "no JSON": b"{", "nothing": b"", "a list": [], "a number": 5, "null": None,
        "no Unicode": b'{"instances": ["\xff\xfe"]}', 
        "no inputs": {}, "both": GOOD | {"inputs": {}},
        "no rows": GOOD | {"instances": []}, "rows as text": GOOD | {"instances": "x"},
        "unknown signature": GOOD | {"signature_name": "fly"},
        "signature of a number": GOOD | {"signature_name": 5},
        "without a seed": rows(caption="a ring"),
        "without a caption": rows(seed=1),
        "one too many": rows(caption="a ring", seed=1, size=3),
        "rows of numbers": GOOD | {"instances": [1, 2]},
        "seed as text": rows(caption="a ring", seed="1"),
        "seed as a fraction": rows(caption="a ring", seed=1.5),
        "seed as truth": rows(caption="a ring", seed=True),
        "seed too large": rows(caption="a ring", seed=2**64),
        "seed NaN": b'{"instances": [{"caption": "a", "seed": NaN}]}',
        "caption as a number": rows(caption=7, seed=1),
        "caption as a list": rows(caption=["a"], seed=1),
        "caption null": rows(caption=None, seed=1),
        "half a surrogate": b'{"instances": [{"caption": "\\ud800", "seed": 1}]}',
        "unequal": {"inputs": {"caption": ["a", "b"], "seed": [1]}},
        "columns without lists": {"inputs": {"caption": "a", "seed": 1}},
        "broken base64": picture({"b64": "###"}),
        "base64 of a number": picture({"b64": 5}),
        "no picture": picture(b64(b"hello")), "empty picture": picture(b64(b"")),
        "truncated": picture(b64(png[: len(png) // 2])), "a bomb": picture(b64(bomb)),
        "picture as text": picture("hello"),
    }  # fmt: skip


def test_malformed_requests_get_a_reason_and_harm_nobody(
    http, asked_pictures, encode_picture, check_refusal
):
    bodies = malformed(encode_picture(asked_pictures[0]))
    for name, body in bodies.items():
        answer = predict(http, body)
        check_refusal(name, answer)
    assert predict(http, GOOD).status_code == 200


def test_damaged_bodies_get_a_reason(http):
    rng = random.Random(0)
    whole = bytearray(json.dumps(GOOD).encode())
    for _ in range(2000):
        body = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        answer = predict(http, bytes(body[: rng.randint(1, len(body))]))
        assert answer.status_code == 200 or 400 <= answer.status_code < 500
    assert predict(http, GOOD).status_code == 200


def test_many_at_once_get_their_own_answers(http, whole_gan):
    captions = ["a red ring", "a blue star", "a green cross"]
    expected = whole_gan.generate(captions, seed=[0, 1, 2])

    def ask(i):
        row = {"caption": captions[i % 3], "seed": i % 3}
        return predict(http, GOOD | {"instances": [row]}).json()["predictions"][0]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(64)))
    for i, answer in enumerate(answers):
        difference = np.array(answer["image"]) - expected[i % 3].astype(int)
        assert np.abs(difference).max() <= 2
