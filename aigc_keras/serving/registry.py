"""Which versions of a model there are, and which of them carry a label."""

import json
import os
import pathlib
import tempfile

LABELS_FILE = "labels.json"
STABLE, CANARY = "stable", "canary"
LABELS = (STABLE, CANARY)


class RegistryError(ValueError):
    """A version or label that is not there, in one line."""


def version_numbers(folder):
    """Return the versions of a model's folder, ascending.

    Args:
        folder: Path; a version is a subfolder with a number for a name that holds
            `saved_model.pb`.

    Returns:
        List of int, empty where there is no folder.
    """
    files = pathlib.Path(folder).glob("*/saved_model.pb")
    return sorted(int(f.parent.name) for f in files if f.parent.name.isdigit())


def read_labels(folder):
    """Return the labels of a model's versions.

    Args:
        folder: Path of the model.

    Returns:
        Dict from label, `"stable"` or `"canary"`, to version; empty before the first
        `promote`.

    Raises:
        RegistryError: If `labels.json` is not what `promote` writes.
    """
    return _read(folder)["labels"]


def promote(folder, version, label=STABLE):
    """Give a version a label; the one that had it loses it.

    Args:
        folder: Path of the model.
        version: int.
        label: str, `"stable"` or `"canary"`. A canary that becomes stable is no canary
            any more.

    Returns:
        Dict from label to version, as it is now.

    Raises:
        RegistryError: If there is no such version or label.
        OSError: If `labels.json` cannot be written.
    """
    _check_label(label)
    there = version_numbers(folder)
    if not there:
        raise RegistryError(
            "A model must be a folder of exported versions (`aigc-keras export`). "
            f"Received: {folder}, which holds none"
        )
    if version not in there:
        raise RegistryError(
            f"{folder} must hold the version that is promoted, one of {there}. "
            f"Received: {version}"
        )
    state = _read(folder)
    labels, previous = state["labels"], state["previous"]
    before = labels.get(label)
    if label == STABLE and before not in (None, version):
        previous.append(before)
    if label == STABLE and labels.get(CANARY) == version:
        del labels[CANARY]
    labels[label] = version
    _write(folder, state)
    return labels


def rollback(folder, label=STABLE):
    """Go back to the stable version before, or take the canary away.

    Args:
        folder: Path of the model.
        label: str, `"stable"` or `"canary"`.

    Returns:
        Dict from label to version, as it is now.

    Raises:
        RegistryError: If there is nothing to go back to.
        OSError: If `labels.json` cannot be written.
    """
    _check_label(label)
    state = _read(folder)
    labels, previous = state["labels"], state["previous"]
    if label == CANARY:
        if labels.pop(CANARY, None) is None:
            raise RegistryError(f"{folder} has no canary. Received: labels {labels}")
    else:
        there = version_numbers(folder)
        while previous and previous[-1] not in there:
            previous.pop()
        if not previous:
            raise RegistryError(
                f"{folder} has no earlier stable version. Received: labels {labels}"
            )
        labels[STABLE] = previous.pop()
    _write(folder, state)
    return labels


def list_models(folder):
    """Return the models of a folder with their versions and labels.

    Args:
        folder: Path, such as `saved_models`.

    Returns:
        Dict from name to `{"versions": [1, 2], "labels": {"stable": 1}}`.

    Raises:
        RegistryError: If the folder is not there, or a `labels.json` cannot be read.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise RegistryError(f"Models must lie in a folder. Received: {folder}")
    found = {}
    for path in sorted(folder.iterdir()):
        versions = version_numbers(path)
        if versions:
            found[path.name] = {"versions": versions, "labels": read_labels(path)}
    return found


def _check_label(label):
    if label not in LABELS:
        raise RegistryError(f"A label must be one of {LABELS}. Received: {label!r}")


def _read(folder):
    path = pathlib.Path(folder) / LABELS_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {"labels": {}, "previous": []}
    try:
        state = json.loads(text)
        labels, previous = state["labels"], state["previous"]
        numbers = [*labels.values(), *previous]
        sound = set(labels) <= set(LABELS) and all(type(n) is int for n in numbers)
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise RegistryError(
            f"{path} must be what `aigc-keras models promote` writes; mend or delete "
            f"it. Received: {text[:80]!r}"
        )
    return {"labels": labels, "previous": previous}


def _write(folder, state):
    """Replace the file at once: a server reads the old one or the new one."""
    number, path = tempfile.mkstemp(prefix=".labels_", dir=folder)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(path, 0o644)
        os.replace(path, pathlib.Path(folder) / LABELS_FILE)
    except BaseException:
        os.unlink(path)
        raise
