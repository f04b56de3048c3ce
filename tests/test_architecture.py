"""The floors, read off the code's own imports."""

import ast
import pathlib

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[1] / "aigc_keras"

# Lowest first. A file imports only from lower floors, or from its own room.
FLOORS = (
    {"fused_modulation", "joined_leaky_relu"},
    {"fused_adam", "layers", "losses", "progress", "traced_step", "undo_history"},
    {"datasets", "language"},
    {"metrics", "models"},
    {"tasks"},
    {"training", "evaluation", "serving"},
    {"studio"},
    {"cli"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "aigc_keras" and len(parts) > 1:
                yield parts[1]


def test_every_room_has_a_floor():
    rooms = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()}
    rooms |= {p.stem for p in PACKAGE.glob("*.py")} - {"__init__"}
    assert rooms <= set(FLOOR_OF)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_imports_only_from_lower_floors(path):
    room = path.relative_to(PACKAGE).parts[0]
    for other in imported_rooms(path):
        assert other == room or FLOOR_OF[other] < FLOOR_OF[room], (path, other)


def test_no_room_without_a_purpose():
    banned = {"utils", "helpers", "common", "misc"}
    assert not {path.stem for path in PACKAGE.rglob("*")} & banned


def test_networks_hold_no_tensorflow():
    pure = ["layers", "models/generator.py", "models/discriminator.py"]
    pure += ["models/image_encoder.py", "models/image_text_model.py", "losses.py"]
    pure += ["models/repairer.py", "models/repair_model.py"]
    pure += ["models/noise_encoder.py", "models/noise_encoder_model.py"]
    for name in pure:
        paths = [PACKAGE / name] if name.endswith(".py") else (PACKAGE / name).glob("*")
        for path in paths:
            if path.suffix == ".py":
                text = path.read_text(encoding="utf-8")
                assert "import tensorflow" not in text, path


def test_files_are_rooms():
    long = {p.name: n for p in FILES if (n := len(p.read_text().splitlines())) > 420}
    assert not long
