"""Encodes every caption of a data set once and keeps the result on disk."""

import hashlib
import os
import pathlib
import tempfile
import zipfile

import numpy as np


def encode_captions(text_encoder, captions, cache_dir=None, on_batch=None):
    """Tokenize and embed captions, or read what an earlier call wrote.

    Captions that occur several times are encoded once. The cache file is named by a
    digest of the encoder's weights and of the captions, so it is never out of date.

    Args:
        text_encoder: `GPT2TextEncoder`.
        captions: List of str.
        cache_dir: Path of the cache's folder, or None for no cache.
        on_batch: Function `(done, total)` called after each batch that is encoded.

    Returns:
        Dict of numpy arrays, one row a caption: `token_ids` int32 and `padding_mask`
        bool `(n, length)`, cut to the longest caption, and `text_embedding` float16
        `(n, text_dim)`.
    """
    path = None
    if cache_dir is not None:
        path = pathlib.Path(cache_dir) / f"{_key(text_encoder, captions)}.npz"
        cached = _read(path)
        if cached is not None:
            return cached
    unique = list(dict.fromkeys(captions))
    number = {caption: row for row, caption in enumerate(unique)}
    rows = np.array([number[caption] for caption in captions], "int64")
    token_ids, padding_mask = text_encoder.tokenize(unique)
    embedding = text_encoder.embed(token_ids, padding_mask, on_batch=on_batch)
    used = max(2, int(padding_mask.any(axis=0).sum()))
    arrays = {
        "token_ids": token_ids[:, :used][rows],
        "padding_mask": padding_mask[:, :used][rows],
        # Half precision: a sentence vector is layer-normalised, so 1e-3 is plenty.
        "text_embedding": embedding.astype("float16")[rows],
    }
    if path is not None:
        _write(path, arrays)
    return arrays


def _key(text_encoder, captions):
    digest = hashlib.sha256(text_encoder.fingerprint().encode())
    for caption in captions:
        digest.update(caption.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:32]


def _read(path):
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        # A damaged file is written anew.
        return None


def _write(path, arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, staging = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)
        os.replace(staging, path)
    except BaseException:
        pathlib.Path(staging).unlink(missing_ok=True)
        raise
