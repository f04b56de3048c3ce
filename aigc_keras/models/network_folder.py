"""A network beside a GAN: one folder with its settings and its weights."""

import json
import pathlib


def write_network(network, folder, name):
    """Write a network to a folder that `read_network` reads.

    Args:
        network: `keras.Model` whose `get_config` has a `dtype`.
        folder: Path. Created where it is missing.
        name: str. The files are `<name>.json` and `<name>.weights.h5`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # As it is used, whatever precision it was trained in.
    config = {**network.get_config(), "dtype": "float32", "name": name}
    (folder / f"{name}.json").write_text(json.dumps(config, indent=2) + "\n")
    network.save_weights(folder / f"{name}.weights.h5")


def read_network(cls, folder, name):
    """Read a network from a folder that `write_network` wrote.

    Args:
        cls: Its class, with a `from_config`.
        folder: Path.
        name: str.

    Raises:
        ValueError: If the folder holds no such network.
    """
    folder = pathlib.Path(folder)
    path = folder / f"{name}.json"
    if not path.is_file():
        what = name.replace("_", " ")
        raise ValueError(f"A {what}'s folder must hold {path.name}. Received: {folder}")
    network = cls.from_config(json.loads(path.read_text(encoding="utf-8")))
    network.load_weights(folder / f"{name}.weights.h5")
    return network
