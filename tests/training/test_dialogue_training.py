"""A reader of dialogues is trained on what is made, or on what is given."""

import json

import pytest

from aigc_keras.cli import app
from aigc_keras.datasets.errors import DatasetError
from aigc_keras.training import (
    RunError,
    TrainingConfig,
    open_dialogue_reader,
    train_dialogue_reader,
)

CHATS = [
    {"turns": [{"user": f"a {colour} cat", "draw": f"a {colour} cat"}]}
    for colour in ("red", "blue", "black", "white")
]


def write(path, dialogues=CHATS):
    path.write_text("\n".join(map(json.dumps, dialogues)), encoding="utf-8")
    return path


@pytest.mark.slow
def test_dialogues_about_shapes_are_made(tmp_path):
    config = TrainingConfig(dataset="shapes/scenes", steps=1)
    reader, run = train_dialogue_reader(config, tmp_path / "run", steps=2)
    read = open_dialogue_reader(run.path).read(["", ""], ["a red ring", "画一个圆"])
    assert len(read) == 2
    first = reader.reader.language_model.backbone.get_weights()
    again, _ = train_dialogue_reader(config, tmp_path / "again", steps=2)
    second = again.reader.language_model.backbone.get_weights()
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


@pytest.mark.slow
def test_ones_own_dialogues_are_learned(tmp_path):
    config = TrainingConfig(dataset="coco_folder", steps=1)
    chats = write(tmp_path / "chats.jsonl", CHATS * 20)
    reader, _ = train_dialogue_reader(config, tmp_path / "run", 60, chats)
    (action,) = reader.read([""], ["a blue cat"])
    assert (action.kind, action.text) == ("draw", "a blue cat")


def test_what_cannot_be_trained_is_refused(tmp_path):
    config = TrainingConfig(dataset="coco_folder", steps=1)
    with pytest.raises(RunError, match="--transcripts"):
        train_dialogue_reader(config, tmp_path / "run", 2)
    with pytest.raises(DatasetError, match="JSONL"):
        train_dialogue_reader(config, tmp_path / "run", 2, tmp_path / "none.jsonl")
    assert not (tmp_path / "run").exists()


def test_the_option_is_for_the_task(tmp_path, capfd):
    chats = str(write(tmp_path / "chats.jsonl"))
    with pytest.raises(SystemExit) as refused:
        app.main(["train", "--task", "prompts", "--transcripts", chats])
    assert refused.value.code == 2
    assert "--transcripts is for the task dialogue" in capfd.readouterr().err
