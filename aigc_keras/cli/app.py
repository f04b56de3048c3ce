"""The command `aigc-keras`: one line in, one line out when something is wrong."""

import os
import sys

import typer

from aigc_keras.cli import (
    caption,
    chat,
    datasets,
    edit,
    enhance,
    evaluate,
    export,
    generate,
    inpaint,
    interpolate,
    models,
    presets,
    prompt,
    recognize,
    repair,
    serve,
    studio,
)
from aigc_keras.cli import quickstart as quickstart_command
from aigc_keras.cli import train as train_command

app = typer.Typer(
    help="Text-to-image GANs for Keras: train, draw, measure, export.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Its default would take "[the preset's]" for markup and leave it out.
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("quickstart")(quickstart_command.quickstart)
app.command("train")(train_command.train)
app.command("generate")(generate.generate)
app.command("inpaint")(inpaint.inpaint)
app.command("interpolate")(interpolate.interpolate)
app.command("enhance")(enhance.enhance)
app.command("repair")(repair.repair)
app.command("caption")(caption.caption)
app.command("chat")(chat.chat)
app.command("prompt")(prompt.prompt)
app.command("recognize")(recognize.recognize)
app.command("edit")(edit.edit)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(evaluate.compare)
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.command("studio")(studio.studio)
app.command("presets")(presets.presets)
app.add_typer(datasets.app, name="datasets")
app.add_typer(models.app, name="models")


def main(arguments=None):
    """Run the command line and exit.

    Exit status: 0 done; 1 a fault of the program; 2 bad input, said in one line on
    stderr; 130 Ctrl-C. `AIGC_KERAS_TRACEBACK=1` shows the traceback too.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    command = typer.main.get_command(app)
    try:
        status = command.main(arguments, prog_name="aigc-keras", standalone_mode=False)
    except (KeyboardInterrupt, EOFError, typer.Abort):
        status = 130
    except Exception as error:
        if os.environ.get("AIGC_KERAS_TRACEBACK"):
            raise
        _fail(*_explain(error))
    if status == 130:
        _fail(130, "interrupted; the same command goes on where a run stopped")
    sys.exit(status or 0)


def _explain(error):
    """Return exit status and one line for an exception."""
    usage = getattr(error, "format_message", None)
    if usage is not None:
        return getattr(error, "exit_code", 2), usage()
    text = " ".join(str(error).split())
    if isinstance(error, ValueError | OSError):
        return 2, text
    if type(error).__module__.startswith("aigc_keras"):
        return 1, text
    return 1, f"{type(error).__name__}: {text} (AIGC_KERAS_TRACEBACK=1 shows more)"


def _fail(status, text):
    print(f"aigc-keras: {text}", file=sys.stderr)
    sys.exit(status)
