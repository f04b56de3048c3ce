"""Sends a served `shapes_64` what no server should answer, and kills exports.

Run: python benchmarks/serving_abuse.py [--requests 2000] [--kills 20] [--seed 0]

First `aigc-keras serve` gets malformed requests, of a kind drawn each time, with a good
one after each ten. Then exports of the model into a served folder are killed (SIGKILL)
at random moments between their start and a little after their end; after each the
newest version must load and draw the pixels of the first. Prints one line of JSON:
answers by status, the slowest in milliseconds, requests that were answered without a
reason, good ones that failed; kills by what was there after them, and versions that
were not whole.
"""

import argparse
import base64
import collections
import contextlib
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image
from serving import PORTS, ask, connect, running

EXPORT = """
import sys
from aigc_keras.models import TextToImageGAN
from aigc_keras.serving import export
gan = TextToImageGAN.from_preset("shapes_64")
print("ready", flush=True)
print(export(gan, sys.argv[1]), flush=True)
"""


def png_of(rng):
    """Return the bytes of a small random PNG file."""
    file = io.BytesIO()
    pixels = np.frombuffer(rng.randbytes(16 * 16 * 3), "uint8").reshape(16, 16, 3)
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def malformed(rng):
    """Return a kind and the body of a request of that kind."""
    png = png_of(rng)
    size = rng.randrange(2**27, 2**31).to_bytes(4, "big")
    bomb = png[:16] + size + size + png[24:]

    def rows(row, signature="generate"):
        body = {"signature_name": signature, "instances": [row]}
        return json.dumps(body).encode()

    def picture(data):
        text = base64.b64encode(data).decode()
        return rows({"image_bytes": {"b64": text}}, "caption")

    wrong = rng.choice((1, 1.5, True, None, [], {}, ["a"], {"x": "y"}))
    name = "".join(rng.choice("abcdefgh") for _ in range(rng.randint(1, 20)))
    kinds = {
        "caption of another type": rows({"caption": wrong, "seed": 1}),
        "seed of another type": rows({"caption": "a", "seed": rng.choice(("1", 1.5))}),
        "a field is missing": rows({rng.choice(("caption", "seed")): 1}),
        "a field too many": rows({"caption": "a", "seed": 1, name: 1}),
        "unknown signature": rows({"caption": "a", "seed": 1}, name),
        "huge body": b" " * (2**25 + rng.randint(1, 2**20)),
        "huge caption": rows({"caption": "a" * rng.randint(1001, 10**6), "seed": 1}),
        "empty caption": rows({"caption": " " * rng.randint(0, 9), "seed": 1}),
        "broken base64": rows({"image_bytes": {"b64": f"{name}#"}}, "caption"),
        "a bomb": picture(bomb),
        "truncated picture": picture(png[: rng.randrange(len(png) - 20)]),
        "no picture": picture(rng.randbytes(rng.randrange(1000))),
        "invalid UTF-8": b'{"instances": [{"caption": "\xff", "seed": 1}]}',
        "lone surrogate": b'{"instances": [{"caption": "\\udc00", "seed": 1}]}',
        "NaN for a seed": b'{"instances": [{"caption": "a", "seed": NaN}]}',
        "seed too large": rows({"caption": "a", "seed": rng.randrange(2**63, 2**70)}),
        "half of the JSON": rows({"caption": "a", "seed": 1})[: rng.randrange(60)],
        "deep": b"[" * rng.randrange(1000, 10**6),
    }
    kind = rng.choice(list(kinds))
    return kind, kinds[kind]


def abuse(requests, rng):
    """Return what came of malformed requests to the running server."""
    answers, unreasoned, failed, slowest = collections.Counter(), [], 0, (0, "")
    with contextlib.closing(connect("package")) as connection:
        for number in range(requests):
            kind, body = malformed(rng)
            started = time.perf_counter()
            try:
                connection.request("POST", "/v1/models/shapes_64:predict", body)
                answer = connection.getresponse()
                status, content = answer.status, answer.read()
            except OSError:
                # The server answered a body that is too large before its end.
                connection.close()
                status, content = "closed", b'{"error": "closed"}'
            passed = 1e3 * (time.perf_counter() - started)
            slowest = max(slowest, (round(passed, 1), kind))
            answers[str(status)] += 1
            if status != "closed" and not 400 <= status < 500:
                unreasoned.append(f"{status} {kind}")
            elif not json.loads(content).get("error"):
                unreasoned.append(f"no reason {kind}")
            if number % 10 == 9:
                try:
                    ask(connection, "package", rng)
                except OSError:
                    failed += 1
                    connection.close()
    return {
        "answers": dict(answers),
        "slowest, ms": slowest,
        "without a 4xx and a reason": unreasoned,
        "good ones that failed": failed,
    }


def draw(folder):
    """Return the pixels that a version draws, in this process."""
    import tensorflow as tf

    signature = tf.saved_model.load(str(folder)).signatures["generate"]
    seed = tf.constant([7], tf.int64)
    return signature(caption=tf.constant(["a ring"]), seed=seed)["image"].numpy()


def kill_exports(folder, kills, rng):
    """Return what came of exports that were killed at random moments."""

    def start():
        command = [sys.executable, "-c", EXPORT, str(folder)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        process.stdout.readline()
        return process

    def versions():
        return {p.name for p in folder.iterdir() if p.name.isdigit()}

    with start() as process:
        started = time.monotonic()
        process.wait()
        longest = 1.1 * (time.monotonic() - started)
    expected, after, broken = draw(folder / "1"), collections.Counter(), []
    for _ in range(kills):
        before = versions()
        with start() as process:
            time.sleep(rng.uniform(0, longest))
            process.kill()
        new = versions() - before
        after["a new version" if new else "none"] += 1
        for name in new or [max(before, key=int)]:
            try:
                if not np.array_equal(draw(folder / name), expected):
                    broken.append(f"{name} draws something else")
            except Exception as error:
                broken.append(f"{name}: {error}"[:200])
    return {"kills, by what came": dict(after), "versions not whole": broken}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from aigc_keras.models import TextToImageGAN
    from aigc_keras.serving import export

    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "shapes_64"
        export(TextToImageGAN.from_preset("shapes_64"), folder)
        command = [sys.executable, "-c", "from aigc_keras.cli.app import main; main()"]
        command += ["serve", str(folder), "--port", str(PORTS["package"])]
        with running(command, f"http://127.0.0.1:{PORTS['package']}"):
            result = abuse(options.requests, rng)
        exported = pathlib.Path(scratch) / "exported"
        result |= kill_exports(exported, options.kills, rng)
        print(json.dumps(result))
