"""`aigc-keras chat`: lines in, pictures and answers out."""

import io
import json
import os
import subprocess

import numpy as np
import pytest
from PIL import Image

from aigc_keras.cli import app, chat
from aigc_keras.tasks import Answer
from aigc_keras.training.launcher import own_command


class Dialogue:
    """A dialogue of grey pictures, each a little lighter than the one before."""

    def __init__(self):
        self.image, self.caption, self.seed = None, "", 0

    def _answer(self, kind, text, images=()):
        return Answer(kind, text, self.image, images)

    def say(self, sentence):
        if sentence == "what is it":
            return self._answer("say", "a square")
        if not sentence.isprintable():
            raise ValueError("A caption must\nbe printable.")
        level = 0 if self.image is None else int(self.image[0, 0, 0]) + 10
        self.image, self.caption = np.full((32, 32, 3), level, "uint8"), sentence
        return self._answer("draw", sentence)

    def save(self):
        return self._answer("save" if self.image is not None else "no", "here")

    def more(self):
        return self._answer("more", "here are 4", tuple([self.image] * 4))

    def choose(self, number):
        raise ValueError(f"Received: {number}, of 0")

    def reseed(self, seed):
        self.seed, self.image = seed, self.image + 1
        return self._answer("seed", f"seed {seed}")

    def undo(self):
        return self._answer("no", "there is nothing to go back to")

    def show(self, picture):
        with Image.open(picture) as image:
            self.image = np.asarray(image.convert("RGB").resize((32, 32)))
        return self._answer("show", "I see a picture")


@pytest.fixture
def taker(tmp_path):
    return chat.Chat(Dialogue(), tmp_path, scale=2)


def test_a_new_picture_is_kept_and_an_answer_is_not(taker, tmp_path):
    turn = taker.take("a red ring")
    assert turn == {
        "user": "a red ring",
        "kind": "draw",
        "text": "a red ring",
        "caption": "a red ring",
        "seed": 0,
        "picture": str(tmp_path / "0001.png"),
    }
    with Image.open(turn["picture"]) as image:
        assert image.size == (64, 64)
    assert taker.take("what is it")["picture"] is None
    assert taker.take("a blue ring")["picture"] == str(tmp_path / "0002.png")
    four = taker.take("/more")
    with Image.open(four["picture"]) as image:
        assert image.width >= 4 * image.height


def test_commands(taker, tmp_path):
    assert taker.take("/undo")["text"] == "there is nothing to go back to"
    assert taker.take("/save")["kind"] == "no"
    taker.take("a red ring")
    assert taker.take("/seed 7")["seed"] == 7
    saved = taker.take(f"/save {tmp_path / 'mine.png'}")
    assert saved["kind"] == "save" and (tmp_path / "mine.png").is_file()
    assert taker.take("/save")["text"] == str(tmp_path / "0003.png")
    assert taker.take(f"/open {tmp_path / 'mine.png'}")["kind"] == "show"
    assert "/open FILE" in taker.take("/help")["text"]


@pytest.mark.parametrize(
    "line, part",
    [
        ("/fly", "/help lists"),
        ("/seed x", "whole number"),
        ("/pick 9", "of 0"),
        ("/open none.png", "none.png"),
        ("/save no/such/folder/a.png", "no/such/folder"),
        ("\x00", "must be printable"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_dialogue_goes_on(taker, line, part):
    taker.take("a red ring")
    turn = taker.take(line)
    assert turn["kind"] == "error" and part in turn["text"]
    assert "\n" not in turn["text"] and turn["caption"] == "a red ring"
    assert taker.take("what is it")["text"] == "a square"


@pytest.fixture
def spoken_run(tiny_run, tmp_path):
    """A tiny run with a reader that knows a few sentences by heart."""
    import shutil

    from aigc_keras.language import DialogueReader

    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    turns = [
        ("", "画红环", "draw", "a red ring"),
        ("a red ring", "make it blue", "draw", "a blue ring"),
        ("a blue ring", "what is it", "say", "a ring"),
        ("a blue ring", "back", "undo", ""),
    ]
    reader = DialogueReader.from_turns(
        turns, 300, num_layers=1, hidden_dim=64, sequence_length=32
    )
    reader.fit(turns, epochs=150, learning_rate=5e-3, batch_size=4)
    reader.save_to_preset(run / "dialogue_reader")
    return run


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main([str(argument) for argument in arguments])
    output, errors = capfd.readouterr()
    assert "Traceback" not in errors
    return exit_.value.code, output, errors


def test_a_script_is_replayed(capfd, spoken_run, tmp_path):
    script = tmp_path / "turns.txt"
    script.write_text(
        "# a remark\n画红环\n\nmake it blue\nwhat is it\n/seed x\nback\n"
        "/quit\n画红环\n",
        encoding="utf-8",
    )
    arguments = ["chat", "--run", spoken_run, "--script", script, "--json"]
    seen = []
    for folder in ("first", "second"):
        place = tmp_path / folder
        code, output, _ = run_cli(capfd, *arguments, "--output-dir", place)
        assert code == 0
        turns = [json.loads(line) for line in output.splitlines()]
        kinds = [turn["kind"] for turn in turns]
        assert kinds == ["draw", "draw", "say", "error", "undo"]
        assert turns[0]["user"] == "画红环" and turns[2]["text"] == "a ring"
        assert turns[4]["caption"] == "a red ring"
        seen.append([path.read_bytes() for path in sorted(place.glob("*.png"))])
    # The same seed, the same pixels; what was undone looks as it did.
    assert seen[0] == seen[1] and len(seen[0]) == 3
    assert seen[0][0] == seen[0][2] != seen[0][1]


def test_lines_may_come_from_a_pipe(capfd, spoken_run, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("画红环\n"))
    code, output, _ = run_cli(
        capfd, "chat", "--run", spoken_run, "--output-dir", tmp_path / "out"
    )
    assert code == 0
    assert output.splitlines() == ["a red ring", str(tmp_path / "out" / "0001.png")]


def test_bad_input_is_one_line(capfd, tiny_run, tmp_path):
    # A process of its own: one that knows TensorFlow already is not greeted.
    command = own_command(["chat", "--script", str(tmp_path / "none.txt")])
    loud = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=100, env=loud
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    code, _, errors = run_cli(capfd, "chat", "--script", tmp_path / "none.txt")
    assert code == 2 and "--script must be a text file" in errors
    code, _, errors = run_cli(
        capfd, "chat", "--run", tiny_run, "--output-dir", tmp_path / "out"
    )
    assert code == 2 and "train --task dialogue" in errors
