"""Times a served `shapes_64`: caption to PNG, by REST and without it.

Run: python benchmarks/serving.py [--seconds 10] [--rounds 2]

In process: the signature `generate`, one caption a call. By REST: `aigc-keras
serve` with 1, 8, 32 and 64 clients that each ask for one caption after the other, every
caption new; beside it, in turn, a plain FastAPI application that calls `keras.Model`'s
`predict` with the same weights. Prints one line of JSON: milliseconds and requests a
second, medians of the rounds, and the ratio of the two servers.
"""

import argparse
import base64
import concurrent.futures
import contextlib
import http.client
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import httpx

CLIENTS = (1, 8, 32, 64)
BODY = {"signature_name": "generate_png"}
PORTS = {"package": 18601, "plain": 18602}


def new_request(rng):
    """Return a caption that was hardly asked for before, and a seed."""
    colour = rng.choice(("red", "blue", "green", "yellow", "white", "black"))
    shape = rng.choice(("circle", "square", "triangle", "star", "cross", "ring"))
    word = "".join(rng.choice("abcdefghij") for _ in range(5))
    return f"a large {colour} {shape} called {word}", rng.randrange(2**31)


def serve_plainly(port):
    """Serve the same weights as one would without thinking of speed."""
    import fastapi
    import uvicorn
    from PIL import Image

    from aigc_keras.datasets.pipeline import to_pixels
    from aigc_keras.models import TextToImageGAN
    from aigc_keras.models.randomness import noise_from_seed

    gan = TextToImageGAN.from_preset("shapes_64")
    app = fastapi.FastAPI()

    @app.post("/generate")
    def generate(body: dict):
        text = gan.text_encoder.encode([body["caption"]])["text_embedding"]
        noise = noise_from_seed(body["seed"], gan.generator.noise_dim)[None]
        inputs = {"text_embedding": text, "noise": noise}
        image = to_pixels(gan.ema_generator.predict(inputs, verbose=0)).numpy()[0]
        file = io.BytesIO()
        Image.fromarray(image).save(file, "png")
        return {"png": base64.b64encode(file.getvalue()).decode()}

    uvicorn.run(app, port=port, log_level="error")


@contextlib.contextmanager
def running(command, address):
    """Run a server until the block ends; gives its process."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                with contextlib.suppress(httpx.TransportError):
                    httpx.get(address)
                    break
                time.sleep(0.2)
            yield process
        finally:
            process.terminate()


def connect(contestant):
    """Return a connection to a server that stays open.

    One of the standard library: it takes a fifth of `httpx`'s processor time, which the
    server has to share.
    """
    return http.client.HTTPConnection("127.0.0.1", PORTS[contestant], timeout=120)


def ask(connection, contestant, rng):
    """Ask for one picture; return the milliseconds.

    Raises:
        OSError: If the server does not answer, or with something else than a picture.
    """
    caption, seed = new_request(rng)
    row = {"caption": caption, "seed": seed}
    path, body = "/generate", row
    if contestant == "package":
        path, body = "/v1/models/shapes_64:predict", BODY | {"instances": [row]}
    started = time.perf_counter()
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise OSError(f"{answer.status}: {content[:200]}")
    return 1e3 * (time.perf_counter() - started)


def load(contestant, clients, seconds):
    """Return the milliseconds of each request of several clients at once."""
    until = time.perf_counter() + seconds

    def work(number):
        rng, found = random.Random(f"{number}/{until}"), []
        with contextlib.closing(connect(contestant)) as connection:
            while time.perf_counter() < until:
                found.append(ask(connection, contestant, rng))
        return found

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        return sorted(sum(pool.map(work, range(clients)), []))


def in_process(folder, calls=200):
    """Return the milliseconds of calls of the signature, one caption each."""
    import tensorflow as tf

    generate = tf.saved_model.load(folder).signatures["generate_png"]
    rng, found = random.Random(0), []
    for _ in range(calls + 10):
        caption, seed = new_request(rng)
        given = {
            "caption": tf.constant([caption]),
            "seed": tf.constant([seed], tf.int64),
        }
        started = time.perf_counter()
        generate(**given)["png_bytes"].numpy()
        found.append(1e3 * (time.perf_counter() - started))
    return sorted(found[10:])


def p50_p99(milliseconds):
    """Return two figures of sorted times."""
    place = min(len(milliseconds) - 1, int(0.99 * len(milliseconds)))
    return [round(statistics.median(milliseconds), 1), round(milliseconds[place], 1)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--plain", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        serve_plainly(options.plain)
        sys.exit()
    from aigc_keras.models import TextToImageGAN
    from aigc_keras.serving import export

    with tempfile.TemporaryDirectory() as scratch:
        folder = f"{scratch}/shapes_64"
        version = export(TextToImageGAN.from_preset("shapes_64"), folder)
        result = {"in process, p50 and p99, ms": p50_p99(in_process(str(version)))}
        package = [sys.executable, "-c", "from aigc_keras.cli.app import main; main()"]
        package += ["serve", folder]
        package += ["--port", str(PORTS["package"])]
        plain = [sys.executable, __file__, "--plain", str(PORTS["plain"])]
        rates = {}
        with (
            running(package, f"http://127.0.0.1:{PORTS['package']}"),
            running(plain, f"http://127.0.0.1:{PORTS['plain']}"),
        ):
            for contestant in PORTS:
                load(contestant, 4, 3)
            for _ in range(options.rounds):
                for clients in CLIENTS:
                    for contestant in PORTS:
                        found = load(contestant, clients, options.seconds)
                        key = f"{contestant}, {clients} clients"
                        rates.setdefault(key, []).append(len(found) / options.seconds)
                        result.setdefault(f"{key}, p50 and p99, ms", p50_p99(found))
        medians = {key: statistics.median(values) for key, values in rates.items()}
        for key, value in medians.items():
            result[f"{key}, requests/s"] = round(value, 1)
        for clients in CLIENTS:
            ratio = medians[f"package, {clients} clients"]
            ratio /= medians[f"plain, {clients} clients"]
            result[f"ratio, {clients} clients"] = round(ratio, 2)
        print(json.dumps(result))
