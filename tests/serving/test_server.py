"""The embedded server speaks TensorFlow Serving's REST protocol and survives abuse."""

import base64
import concurrent.futures
import json
import random
import shutil
import signal
import subprocess
import sys
import time

import httpx
import numpy as np
import pytest

from aigc_keras.serving import registry
from aigc_keras.serving.server import MAX_BODY_BYTES
from aigc_keras.serving.versions import ServedVersions

MODEL = "/v1/models/tiny"


@pytest.fixture(scope="module")
def http(address):
    with httpx.Client(base_url=address, timeout=60) as client:
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


GOOD = {"signature_name": "generate", "instances": [{"caption": "a ring", "seed": 1}]}


def malformed(png):
    """Return bodies that no server should answer with 200."""

    def rows(**row):
        return {"signature_name": "generate", "instances": [row]}

    def picture(data, name="caption"):
        return {"signature_name": name, "instances": [{"image_bytes": data}]}

    bomb = png[:16] + b"\x7f\xff\xff\xff" * 2 + png[24:]
    return {
        "no JSON": b"{", "nothing": b"", "a list": [], "a number": 5, "null": None,
        "no Unicode": b'{"instances": ["\xff\xfe"]}', "deep": b"[" * 100000,
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
        "empty caption": rows(caption="", seed=1), "blanks": rows(caption=" ", seed=1),
        "caption too long": rows(caption="a" * 1001, seed=1),
        "caption no UTF-8": rows(caption=b64(b"\xff\xfe\xfd"), seed=1),
        "half a surrogate": b'{"instances": [{"caption": "\\ud800", "seed": 1}]}',
        "unequal": {"inputs": {"caption": ["a", "b"], "seed": [1]}},
        "columns without lists": {"inputs": {"caption": "a", "seed": 1}},
        "broken base64": picture({"b64": "###"}),
        "base64 of a number": picture({"b64": 5}),
        "base64 and more": picture({"b64": "", "x": 1}),
        "no picture": picture(b64(b"hello")), "empty picture": picture(b64(b"")),
        "truncated": picture(b64(png[: len(png) // 2])), "a bomb": picture(b64(bomb)),
        "picture as text": picture("hello"),
        "endless sentence": {
            "signature_name": "edit",
            "instances": [
                {"image_bytes": b64(png), "caption": "make it blue " * 70, "seed": 1}
            ],
        },
    }  # fmt: skip


def test_malformed_requests_get_a_reason_and_harm_nobody(
    http, asked_pictures, encode_picture
):
    bodies = malformed(encode_picture(asked_pictures[0]))
    for name, body in bodies.items():
        answer = predict(http, body)
        assert 400 <= answer.status_code < 500, (name, answer.text)
        error = answer.json()["error"]
        assert error and "\n" not in error and len(error) < 600, (name, error)
        assert "Traceback" not in error and "node map" not in error, (name, error)
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


def test_a_huge_body_is_not_read(http):
    answer = predict(http, b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413 and str(MAX_BODY_BYTES) in answer.json()["error"]


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


def test_figures_are_counted(http):
    def count(text):
        (line,) = [x for x in text.splitlines() if 'status="200"' in x]
        return int(line.split()[-1])

    before = count(http.get("/monitoring/prometheus/metrics").text)
    predict(http, GOOD)
    assert count(http.get("/monitoring/prometheus/metrics").text) == before + 1


def test_a_new_version_takes_over_and_a_bad_one_does_not(
    serve, whole_version, tmp_path
):
    folder = tmp_path / "tiny"
    shutil.copytree(whole_version, folder / "1")
    with serve(folder, poll_seconds=0.1) as (address, versions):
        with httpx.Client(base_url=address, timeout=60) as http:
            (folder / "2").mkdir()
            (folder / "2" / "saved_model.pb").write_bytes(b"broken")
            shutil.copytree(whole_version, folder / ".staging")
            (folder / ".staging").rename(folder / "3")
            # Not one request fails while version 3 takes over.
            until = time.monotonic() + 120
            while versions.current.number == 1 and time.monotonic() < until:
                assert predict(http, GOOD).status_code == 200
            assert versions.current.number == 3
            assert predict(http, GOOD).status_code == 200
            shutil.copytree(folder / "2", folder / "4")
            while 4 not in versions.failed and time.monotonic() < until:
                time.sleep(0.05)
            entries = http.get(MODEL).json()["model_version_status"]
            states = {entry["version"]: entry["state"] for entry in entries}
            assert states == {"3": "AVAILABLE", "4": "END"}
            assert predict(http, GOOD).status_code == 200


@pytest.mark.slow
def test_labelled_versions_are_served_and_a_rollback_is_followed(
    serve, whole_version, tmp_path, caplog
):
    folder = tmp_path / "tiny"
    for number in (1, 2, 3):
        shutil.copytree(whole_version, folder / str(number))
    registry.promote(folder, 1)
    registry.promote(folder, 2, "canary")
    with serve(folder, poll_seconds=0.05) as (address, versions):
        with httpx.Client(base_url=address, timeout=60) as http:

            def served(path=MODEL):
                answer = http.get(path).json()
                entries = answer.get("model_version_status", ())
                return [int(entry["version"]) for entry in entries]

            def follows(wanted, path=MODEL):
                until = time.monotonic() + 60
                while served(path) != wanted and time.monotonic() < until:
                    time.sleep(0.02)
                return served(path) == wanted

            assert served() == [1, 2] and versions.current.number == 1
            assert served(f"{MODEL}/labels/canary") == [2]
            assert served(f"{MODEL}/labels/none") == []
            assert served(f"{MODEL}/versions/3") == []
            canary = f"{MODEL}/labels/canary:predict"
            assert predict(http, GOOD, canary).status_code == 200
            path = f"{MODEL}/labels/stable/metadata"
            assert http.get(path).json()["model_spec"]["version"] == "1"
            registry.promote(folder, 3)
            assert follows([3], f"{MODEL}/labels/stable")
            assert follows([2, 3])
            # Labels that cannot be read for a while are looked at again.
            labels = folder / registry.LABELS_FILE
            labels.rename(folder / "elsewhere")
            labels.mkdir()
            until = time.monotonic() + 60
            while "Versions stay" not in caplog.text and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(0.5)
            assert caplog.text.count("Versions stay") == 1
            assert predict(http, GOOD).status_code == 200
            labels.rmdir()
            (folder / "elsewhere").rename(labels)
            registry.rollback(folder)
            assert follows([1, 2]) and predict(http, GOOD).status_code == 200
            # One that is not whole is not taken over, however it is labelled.
            (folder / "4").mkdir()
            (folder / "4" / "saved_model.pb").write_bytes(b"broken")
            registry.promote(folder, 4)
            until = time.monotonic() + 60
            while 4 not in versions.failed and time.monotonic() < until:
                time.sleep(0.02)
            assert predict(http, GOOD).status_code == 200
            assert versions.current.number == 1
            assert follows([1], f"{MODEL}/labels/stable")


def test_a_folder_without_a_version_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="aigc-keras export"):
        ServedVersions(tmp_path)


@pytest.mark.slow
def test_the_command_ends_by_sigterm_and_answers_first(whole_version):
    folder = whole_version.parent
    command = [sys.executable, "-c", "from aigc_keras.cli.app import main; main()"]
    command += ["serve", str(folder)]
    command += ["--port", "18511", "--name", "tiny"]
    address = "http://127.0.0.1:18511"
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
        httpx.Client(base_url=address, timeout=60) as http,
    ):
        assert f"{address}/v1/models/tiny" in process.stdout.readline()
        for _ in range(100):
            try:
                http.get(MODEL)
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(predict, http, GOOD) for _ in range(8)]
            time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert all(a.result().status_code == 200 for a in answers)
        assert process.wait(60) in (0, -signal.SIGTERM)
