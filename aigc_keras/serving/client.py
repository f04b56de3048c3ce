"""Asks a served model: TensorFlow Serving or `aigc-keras serve`, by REST or gRPC."""

import io
import pathlib
import time

import numpy as np
from PIL import Image

from aigc_keras.serving.transports import GrpcTransport, RestTransport, ServingError

RETRIES = 4
FIRST_PAUSE = 0.2


class Client:
    """A served model as Python methods.

    Args:
        address: str. `"http://host:8501"` (or https) for REST, `"grpc://host:8500"`.
        model: str. The model's name, default `"shapes_64"`.
        timeout: float. Seconds an attempt may take.
        retries: int. Further attempts where the server is busy or cannot be reached;
            the pause before each doubles, from 0.2 seconds.

    Raises:
        ImportError: Without the extra `serving`.
        ValueError: If the address is of neither kind.

    Example:
    >>> from aigc_keras.serving import Client
    >>> client = Client("http://localhost:8501", "shapes_64")
    >>> client.generate(["a small red circle"], seed=1).shape  # doctest: +SKIP
    (1, 64, 64, 3)
    """

    def __init__(self, address, model="shapes_64", timeout=30.0, retries=RETRIES):
        if address.startswith(("http://", "https://")):
            self._transport = RestTransport(address, model, timeout)
        elif address.startswith("grpc://"):
            self._transport = GrpcTransport(address, model, timeout)
        else:
            raise ValueError(
                "`address` must begin with http://, https:// or grpc://. "
                f"Received: {address!r}"
            )
        self._retries = retries

    def generate(self, captions, seed=0):
        """Draw captions.

        Args:
            captions: str or sequence of str.
            seed: int; caption `i` has seed `seed + i`.

        Returns:
            uint8 array `(n, side, side, 3)`.

        Raises:
            ServingError: If the server cannot be reached or refuses the request. So do
                all methods.
        """
        captions = _listed(captions)
        seeds = [seed + i for i in range(len(captions))]
        out = self._ask("generate", {"caption": captions, "seed": seeds})
        return np.stack([_decode(png) for png in out["png_bytes"]])

    def caption(self, pictures, language="en"):
        """Describe pictures.

        Args:
            pictures: Path, bytes of a file, uint8 array, or a sequence of them. Arrays
                and files other than PNG and JPEG are sent as PNG.
            language: str, `"en"` or `"zh"`.

        Returns:
            List of str.
        """
        names = {"en": "caption", "zh": "caption_zh"}
        if language not in names:
            raise ValueError(f"`language` must be en or zh. Received: {language!r}")
        out = self._ask(names[language], {"image_bytes": _files(pictures)})
        return _texts(out["caption"])

    def edit(self, pictures, sentences, seed=-1):
        """Change pictures by sentences.

        Args:
            pictures: See `caption`.
            sentences: str or sequence of str, one a picture.
            seed: int. Picture `i` has seed `seed + i`; below 0 all are the likeliest.

        Returns:
            Tuple of a uint8 array `(n, side, side, 3)` and a list of n str, what the
            pictures were to show.
        """
        files = _files(pictures)
        seeds = [seed + i if seed >= 0 else -1 for i in range(len(files))]
        rows = {"image_bytes": files, "caption": _listed(sentences), "seed": seeds}
        out = self._ask("edit", rows)
        images = np.stack([_decode(png) for png in out["png_bytes"]])
        return images, _texts(out["caption"])

    def inpaint(self, picture, mask, caption="", seed=0):
        """Fill the holes of a picture.

        Args:
            picture: Path, bytes of a file, or uint8 array.
            mask: bool array `(height, width)`, True where a pixel is missing, or as
                `picture`, white there.
            caption: str, what the whole picture shows; empty: the captioner says it.
            seed: int.

        Returns:
            uint8 array `(height, width, 4)`, the last channel opacity.
        """
        if isinstance(mask, np.ndarray) and mask.dtype == bool:
            mask = np.where(mask, 255, 0).astype("uint8")
        rows = {"image_bytes": _files(picture), "mask_bytes": _files(mask)}
        rows |= {"caption": [caption], "seed": [seed]}
        return _decode(self._ask("inpaint", rows)["png_bytes"][0])

    def recognize(self, pictures):
        """Say what pictures show.

        Args:
            pictures: See `caption`.

        Returns:
            List of dict: `labels`, a list of str, the likeliest first, `probabilities`,
            a float array, and `realness`, a float.
        """
        out = self._ask("recognize", {"image_bytes": _files(pictures)})
        rows = zip(out["labels"], out["probabilities"], out["realness"], strict=True)
        return [
            {"labels": _texts(labels), "probabilities": found, "realness": float(real)}
            for labels, found, real in rows
        ]

    def metadata(self):
        """Return the inputs and outputs of each signature.

        Returns:
            Dict from signature to `{"inputs": {name: dtype}, "outputs": {...}}`.
        """
        return self._attempt(self._transport.metadata)

    def status(self):
        """Return the state of each version, a dict such as `{1: "AVAILABLE"}`."""
        return self._attempt(self._transport.status)

    def close(self):
        """Close the connection."""
        self._transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def _ask(self, signature, inputs):
        lengths = {name: len(values) for name, values in inputs.items()}
        if len(set(lengths.values())) != 1 or not min(lengths.values()):
            raise ValueError(
                f"There must be as many of each, at least one. Received: {lengths}"
            )
        return self._attempt(lambda: self._transport.predict(signature, inputs))

    def _attempt(self, call):
        for attempt in range(self._retries):
            try:
                return call()
            except ServingError as error:
                if not error.busy:
                    raise
            time.sleep(FIRST_PAUSE * 2**attempt)
        return call()


def _listed(texts):
    return [texts] if isinstance(texts, str) else list(texts)


def _files(pictures):
    if isinstance(pictures, str | bytes | pathlib.Path):
        pictures = [pictures]
    elif isinstance(pictures, np.ndarray) and pictures.ndim in (2, 3):
        pictures = [pictures]
    return [_file(picture) for picture in pictures]


def _file(picture):
    """Return a picture as the bytes of a PNG or JPEG file."""
    if isinstance(picture, np.ndarray):
        return _encode(Image.fromarray(picture))
    data = picture if isinstance(picture, bytes) else pathlib.Path(picture).read_bytes()
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        return data
    try:
        with Image.open(io.BytesIO(data)) as image:
            return _encode(image)
    except OSError as error:
        raise ValueError(
            f"A picture must be an image file. Received: {error}"
        ) from error


def _encode(image):
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def _decode(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.array(image)


def _texts(values):
    return [value.decode("utf-8") for value in values]
