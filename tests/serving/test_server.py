"""The embedded server has limits, counts, takes over versions, and ends in order.

What it answers is asked in `test_conformance.py`.
"""

import base64
import concurrent.futures
import json
import shutil
import signal
import subprocess
import sys
import time

import httpx
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


GOOD = {"signature_name": "generate", "instances": [{"caption": "a ring", "seed": 1}]}


def beyond_limits(png):
    """Return bodies that this server refuses, whatever TensorFlow Serving does."""

    def rows(**row):
        return {"signature_name": "generate", "instances": [row]}

    sentence = {"caption": "make it blue " * 70, "seed": 1}
    return {
        "deep": b"[" * 100000,
        "empty caption": rows(caption="", seed=1),
        "blanks": rows(caption=" ", seed=1),
        "caption too long": rows(caption="a" * 1001, seed=1),
        "caption no UTF-8": rows(caption=b64(b"\xff\xfe\xfd"), seed=1),
        "base64 and more": {
            "signature_name": "caption",
            "instances": [{"image_bytes": {"b64": "", "x": 1}}],
        },
        "endless sentence": {
            "signature_name": "edit",
            "instances": [{"image_bytes": b64(png)} | sentence],
        },
    }


def test_what_is_beyond_a_limit_is_refused_with_a_reason(
    http, asked_pictures, encode_picture, check_refusal
):
    for name, body in beyond_limits(encode_picture(asked_pictures[0])).items():
        check_refusal(name, predict(http, body))
    assert predict(http, GOOD).status_code == 200


def test_a_huge_body_is_not_read(http):
    answer = predict(http, b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413 and str(MAX_BODY_BYTES) in answer.json()["error"]


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
