"""Starts the processes of a run on one machine, and ends them together."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from aigc_keras.training.config import RunError

# Seconds between looks at the workers, and those they have to end by themselves.
LOOK_SECONDS = 0.2
GRACE_SECONDS = 5
SAVING_SECONDS = 60


def launch(arguments, number, environment=None):
    """Run a command as a number of workers of one `multi_worker` run on this machine.

    Only the first one's standard output is shown. When one ends badly the others are
    ended too, within `LOOK_SECONDS + GRACE_SECONDS`. Where the program `setpriv` is
    there (util-linux), even a killed launcher takes its workers along.

    Args:
        arguments: List of str. The command, the program first.
        number: int. Workers.
        environment: Dict of additional environment variables, or None.

    Raises:
        RunError: If a worker ends badly, with the last line it wrote, or the number is
            not positive.
    """
    if number < 1:
        raise RunError(f"`workers` must be at least 1. Received: workers={number}")
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(number)]
    workers, words = [], []
    try:
        for index in range(number):
            words.append(tempfile.TemporaryFile())
            worker = _start(arguments, addresses, index, words[-1], environment or {})
            workers.append(worker)
        _watch(workers, words)
    except KeyboardInterrupt:
        # The first one saves what it has.
        with contextlib.suppress(subprocess.TimeoutExpired):
            workers[0].wait(SAVING_SECONDS)
        raise
    finally:
        _end(workers)
        for file in words:
            file.close()


def _start(arguments, addresses, index, words, environment):
    cluster = {
        "cluster": {"worker": addresses},
        "task": {"type": "worker", "index": index},
    }
    setpriv = shutil.which("setpriv")
    mortal = [setpriv, "--pdeathsig", "TERM"] if setpriv else []
    return subprocess.Popen(
        [*mortal, *arguments],
        env={**os.environ, **environment, "TF_CONFIG": json.dumps(cluster)},
        stdout=None if index == 0 else subprocess.DEVNULL,
        # The first one's progress is seen; the others' last words are looked up.
        stderr=None if index == 0 else words,
    )


def _watch(workers, words):
    while True:
        ended = [worker.poll() for worker in workers]
        for index, status in enumerate(ended):
            if status:
                raise RunError(
                    f"Worker {index} of {len(workers)} {_describe(status)}; the others "
                    "are ended, and the same command goes on from the last checkpoint. "
                    f"Received: {_last_words(words[index])}"
                )
        if all(status == 0 for status in ended):
            return
        time.sleep(LOOK_SECONDS)


def _describe(status):
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"


def _last_words(file):
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "no message but those above"


def _end(workers):
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(max(0, deadline - time.monotonic()))
        if worker.poll() is None:
            worker.kill()
            worker.wait()


def _free_ports(number):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def own_command(arguments):
    """Return the command that runs `aigc-keras` with other arguments, a list of str."""
    program = "from aigc_keras.cli.app import main; main()"
    return [sys.executable, "-c", program, *arguments]
