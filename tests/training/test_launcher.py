"""Workers of one machine, by small programs that do not train."""

import json
import os
import shutil
import signal
import sys
import time

import pytest

from aigc_keras.training import RunError, launcher

# Writes where it stands in the cluster, and its process.
REPORT = """
import json, os, signal, sys, time
config = json.loads(os.environ["TF_CONFIG"])
index = config["task"]["index"]
with open(f"{sys.argv[1]}/{index}.json", "w") as file:
    json.dump({"pid": os.getpid(), **config}, file)
"""


def is_alive(path):
    pid = json.loads(path.read_text())["pid"]
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_every_worker_knows_its_place(tmp_path):
    launcher.launch([sys.executable, "-c", REPORT, str(tmp_path)], 3)
    found = [json.loads((tmp_path / f"{i}.json").read_text()) for i in range(3)]
    clusters = [one["cluster"]["worker"] for one in found]
    assert clusters[0] == clusters[1] == clusters[2] and len(set(clusters[0])) == 3
    assert [one["task"] for one in found] == [
        {"type": "worker", "index": index} for index in range(3)
    ]


def test_one_that_is_killed_ends_the_others_soon(tmp_path):
    script = REPORT + (
        "while index == 1 and not os.path.exists(f'{sys.argv[1]}/0.json'): pass\n"
        "if index == 1: os.kill(os.getpid(), signal.SIGKILL)\n"
        # It does not end by asking.
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "time.sleep(60)\n"
    )
    started = time.monotonic()
    with pytest.raises(RunError, match="Worker 1 of 2 was killed by SIGKILL; the oth"):
        launcher.launch([sys.executable, "-c", script, str(tmp_path)], 2)
    limit = launcher.LOOK_SECONDS + launcher.GRACE_SECONDS
    assert time.monotonic() - started < limit + 3
    assert not is_alive(tmp_path / "0.json")


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs util-linux's setpriv")
def test_a_killed_launcher_takes_its_workers_along(tmp_path):
    paths = [tmp_path / f"{index}.json" for index in range(2)]
    launching = os.fork()
    if not launching:
        script = REPORT + "time.sleep(60)\n"
        launcher.launch([sys.executable, "-c", script, str(tmp_path)], 2)
        os._exit(1)
    deadline = time.monotonic() + 30
    while not all(path.exists() and path.read_text() for path in paths):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(launching, signal.SIGKILL)
    os.waitpid(launching, 0)
    while any(is_alive(path) for path in paths):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_last_words_of_one_that_fails_are_told(tmp_path):
    script = REPORT + "if index == 1: sys.exit('no such file')\ntime.sleep(60)\n"
    with pytest.raises(RunError, match="ended with status 1; .* Received: no such fi"):
        launcher.launch([sys.executable, "-c", script, str(tmp_path)], 2)


def test_there_is_at_least_one_worker():
    with pytest.raises(RunError, match="Received: workers=0"):
        launcher.launch(["true"], 0)


def test_the_command_is_this_package_s_own(tmp_path):
    command = launcher.own_command(["presets"])
    launcher.launch(command, 1)
    with pytest.raises(RunError, match="status 2"):
        launcher.launch(launcher.own_command(["no-such-command"]), 1)
