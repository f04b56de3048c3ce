"""`aigc-keras chat`."""

import json as json_lib
import sys
from pathlib import Path

import typer

from aigc_keras.cli.quiet import import_tensorflow

HELP = """\
Say what to draw, change it, ask about it; in English or Chinese.
  /open FILE   look at your own picture
  /undo /redo  go back, go forward
  /more        four more of the same; /pick N goes on with one of them
  /seed N      draw it with another seed
  /save FILE   write the picture
  /help        this
  /quit        end (or Ctrl-D)"""


def chat(
    run: str = typer.Option(None, help="Run folder of a trained GAN [--preset]."),
    preset: str = typer.Option(
        "scenes_64", help="Trained model of the package, or a saved one's folder."
    ),
    seed: int = typer.Option(0, help="Seed of the first picture."),
    output_dir: Path = typer.Option(
        Path("saved_models/chat"), help="Where the pictures of the dialogue are kept."
    ),
    scale: int = typer.Option(4, min=1, help="Enlarge files by a whole number."),
    script: Path = typer.Option(
        None, help="Text file of sentences and commands, one a line, to be replayed."
    ),
    json: bool = typer.Option(False, "--json", help="Print one JSON object a turn."),
):
    """Talk with a model about pictures: it draws, looks, answers and changes them.

    Pictures are shown in the terminal where it can, and kept as PNG files. A later
    dialogue in the same folder overwrites them.

    Example: aigc-keras chat --preset scenes_64
    """
    # First of all: reading the script imports it too, with its greetings.
    import_tensorflow()
    lines = None if script is None else _read_script(script)
    from aigc_keras.datasets.pictures import check_output
    from aigc_keras.tasks import VisualDialogue
    from aigc_keras.training import open_model

    output_dir.mkdir(parents=True, exist_ok=True)
    check_output(str(output_dir / "0001.png"))
    dialogue = VisualDialogue(open_model(run, preset), seed=seed)
    chat = Chat(dialogue, output_dir, scale)
    show = _print_json if json else _print_text
    if lines is None:
        lines = _ask_lines(quiet=json)
    for line in lines:
        if not line.strip():
            continue
        if line.strip() in ("/quit", "/exit"):
            break
        show(chat.take(line.strip()))


class Chat:
    """Takes lines, sentences and commands alike, and keeps the pictures as files.

    Args:
        dialogue: `VisualDialogue`.
        folder: Path of a folder for `0001.png`, `0002.png`, and so on.
        scale: int. How many times pictures are enlarged in the files.
    """

    def __init__(self, dialogue, folder, scale=1):
        self.dialogue = dialogue
        self.folder = Path(folder)
        self.scale = scale
        self._number = 0

    def take(self, line):
        """Do what a line asks for.

        Args:
            line: str. A sentence, or a command that begins with a slash.

        Returns:
            Dict with `user`, `kind`, `text`, `caption`, `seed`, and `picture`, the path
            of a file or None. What is wrong is of kind `"error"`; the picture stays.
        """
        picture, before = None, self.dialogue.image
        try:
            if line.startswith("/"):
                kind, text, picture = self._command(*_split(line))
            else:
                answer = self.dialogue.say(line)
                kind, text = answer.kind, answer.text
                picture = self._keep(answer, before)
                if kind == "save":
                    text = picture
        except (ValueError, OSError) as error:
            kind, text = "error", " ".join(str(error).split())
        return {
            "user": line,
            "kind": kind,
            "text": text,
            "caption": self.dialogue.caption,
            "seed": self.dialogue.seed,
            "picture": picture,
        }

    def _command(self, name, argument):
        from aigc_keras.datasets.pictures import check_output

        before = self.dialogue.image
        if name == "help":
            return "help", HELP, None
        if name == "save" and argument:
            if self.dialogue.image is not None:
                check_output(argument)
            answer = self.dialogue.save()
            if answer.kind == "save":
                self._write([answer.image], argument)
                return "save", argument, argument
            return answer.kind, answer.text, None
        if name == "open":
            answer = self.dialogue.show(argument)
        elif name in ("undo", "redo", "more", "save"):
            answer = getattr(self.dialogue, name)()
        elif name in ("pick", "seed"):
            method = {"pick": self.dialogue.choose, "seed": self.dialogue.reseed}[name]
            answer = method(_integer(name, argument))
        else:
            raise ValueError(
                f"A command must be one of those that /help lists. Received: /{name}"
            )
        picture = self._keep(answer, before)
        text = picture if answer.kind == "save" else answer.text
        return answer.kind, text, picture

    def _keep(self, answer, before):
        """Write what is new to look at; return its path, or None."""
        images = answer.images
        if not images:
            same = answer.image is before and answer.kind != "save"
            if answer.image is None or same:
                return None
            images = [answer.image]
        self._number += 1
        path = str(self.folder / f"{self._number:04d}.png")
        self._write(images, path)
        return path

    def _write(self, images, path):
        import numpy as np

        from aigc_keras.datasets.pictures import write_picture

        columns = len(images)
        write_picture(np.stack(images), path, columns=columns, scale=self.scale)


def _split(line):
    name, _, argument = line[1:].partition(" ")
    return name.lower(), argument.strip()


def _integer(name, text):
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(f"/{name} takes a whole number. Received: {text!r}") from error


def _read_script(path):
    """Return the lines of a script; a line that begins with # is a remark."""
    from aigc_keras.datasets.errors import describe_fault

    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            "--script must be a text file in UTF-8. Received: "
            f"{path} ({describe_fault(error)})"
        ) from error
    return [line for line in lines if not line.startswith("#")]


def _ask_lines(quiet):
    """Yield what is typed, with history where the terminal has it, until Ctrl-D."""
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - arrow keys bring back earlier lines
    if not quiet and sys.stdin.isatty():
        print(HELP)
    while True:
        try:
            yield input("> " if sys.stdin.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            if sys.stdin.isatty():
                print()
            return


def _print_json(turn):
    print(json_lib.dumps(turn, ensure_ascii=False), flush=True)


def _print_text(turn):
    print(turn["text"], flush=True)
    if turn["picture"] is None:
        return
    if sys.stdout.isatty():
        _show(turn["picture"])
    if turn["kind"] != "save":
        print(turn["picture"], flush=True)


def _show(path):
    """Show a picture as the terminal can: Sixel, Kitty's protocol, or half blocks."""
    from PIL import Image
    from rich.console import Console
    from textual_image.renderable import Image as Renderable

    console = Console()
    with Image.open(path) as image:
        rows = 16 if image.width == image.height else 10
        Console().print(Renderable(image, height=min(rows, console.height - 4)))
