"""Weights in half precision on disk, in as few bytes as they need."""

import os
import pathlib

import h5py
import numpy as np

# Arrays up to this size are stored as they are: the pieces would cost more.
SMALL = 512


def write_halves(path, arrays):
    """Write float arrays to an `.npz` file as float16.

    First the upper bytes of an array, then the lower: the former repeat, and so the
    file is a fifteenth smaller.

    Args:
        path: Path.
        arrays: Dict from name to float array.
    """
    planes = {
        name: np.stack(
            [(bits := np.asarray(a, "<f2").view("<u2")) >> 8, bits & 255]
        ).astype("uint8")
        for name, a in arrays.items()
    }
    np.savez_compressed(path, **planes)


def read_halves(path):
    """Read what `write_halves` wrote, or an `.npz` file of float16 arrays.

    Args:
        path: Path.

    Returns:
        Dict from name to float32 array.
    """
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    return {
        name: _join(array) if array.dtype == np.uint8 else array.astype("float32")
        for name, array in arrays.items()
    }


def halve_file(path):
    """Rewrite an HDF5 file with its float32 arrays as compressed float16."""
    path = pathlib.Path(path)
    staging = path.with_name(f".{path.name}.staging")
    # The newest layout: in the oldest a small network is one sixth headers.
    with (
        h5py.File(path) as source,
        h5py.File(staging, "w", libver="latest") as target,
    ):
        _copy_halved(source, target)
    os.replace(staging, path)


def _copy_halved(source, target):
    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            _copy_halved(item, target.create_group(name))
        elif item.dtype == np.float32:
            values = item[()].astype("float16")
            # Shuffled, as above.
            packed = {
                "chunks": values.shape,
                "compression": "gzip",
                "compression_opts": 9,
                "shuffle": True,
            }
            target.create_dataset(
                name, data=values, **(packed if values.size > SMALL else {})
            )
        else:
            source.copy(item, target, name)


def _join(planes):
    upper, lower = planes.astype("<u2")
    return (upper << 8 | lower).view("<f2").astype("float32")
