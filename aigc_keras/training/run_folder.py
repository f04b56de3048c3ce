"""One run, one folder: what lies where, and how it is written."""

import contextlib
import json
import os
import pathlib
import shutil

from aigc_keras.models import packaged
from aigc_keras.models.companions import PARTS, Companions
from aigc_keras.models.gan import TextToImageGAN
from aigc_keras.models.saving import CONFIG_FILE, replace_folder
from aigc_keras.training.checkpoints import Checkpoints
from aigc_keras.training.config import RunError, TrainingConfig

# The task of `aigc-keras train` that makes a part.
TASKS = {
    "prompt_writer": "prompts",
    "captioner": "captioner",
    "instruction_reader": "instructions",
    "repairer": "repairer",
    "noise_encoder": "encoder",
    "dialogue_reader": "dialogue",
}


class RunFolder:
    """The folder of a run.

    `config.json` (resolved settings), `model/` (architecture and text encoder; until it
    is there, `text_side/`), `checkpoints/step_*/`, `metrics.jsonl`,
    `samples/step_*.png`, `events/` for TensorBoard, `model_card.md`; where they were
    trained, `prompt_writer/`, `captioner/`, `instruction_reader/`, `repairer/`,
    `noise_encoder/` and `dialogue_reader/`.

    Args:
        path: Path. Created by `start`.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.config_path = self.path / "config.json"
        # What a run without a GAN was trained on.
        self.data_config_path = self.path / "data_config.json"
        self.model_path = self.path / "model"
        # Until there is a model.
        self.text_side_path = self.path / "text_side"
        self.metrics_path = self.path / "metrics.jsonl"
        self.samples_path = self.path / "samples"
        self.checkpoints = Checkpoints(self.path / "checkpoints")
        self.events_path = self.path / "events"
        self.card_path = self.path / "model_card.md"
        self.prompt_writer_path = self.path / "prompt_writer"
        self.captioner_path = self.path / "captioner"
        self.instruction_reader_path = self.path / "instruction_reader"
        self.repairer_path = self.path / "repairer"
        self.noise_encoder_path = self.path / "noise_encoder"
        self.dialogue_reader_path = self.path / "dialogue_reader"

    def check(self, config):
        """Refuse a run that could not be started, before any work is done.

        Returns:
            The `TrainingConfig` to go on with: the one in the folder, where the number
            of steps has been settled, or the given one.

        Raises:
            RunError: If the folder holds a run with other settings, or cannot be
                written.
        """
        if not self.config_path.exists():
            self._check_writable()
            return config
        found = self.read_config()
        settled = {"steps": found.steps, "minutes": found.minutes}
        same = config
        if config.minutes or (config.early_stopping and found.steps < config.steps):
            same = config.replace(**settled)
        if same != found:
            changed = [
                name
                for name, value in same.to_dict().items()
                if value != getattr(found, name)
            ]
            raise RunError(
                f"{self.path} holds a run with other settings; choose another folder "
                f"or the same settings. Received: different {', '.join(changed)}"
            )
        return found

    def _check_writable(self):
        ancestor = self.path.absolute()
        while not ancestor.exists():
            ancestor = ancestor.parent
        if not ancestor.is_dir() or not os.access(ancestor, os.W_OK):
            raise RunError(
                "A run's folder must be one that can be written. "
                f"Received: {self.path}, where {ancestor} cannot"
            )

    def start(self, config):
        """Create the folder of a run, or find it; see `check`."""
        config = self.check(config)
        try:
            # Also where somebody has thrown the old samples away.
            for folder in (self.path, self.samples_path, self.checkpoints.path):
                folder.mkdir(parents=True, exist_ok=True)
            if not self.config_path.exists():
                self.write_config(config)
        except OSError as error:
            raise RunError(
                "A run's folder must be one that can be written. "
                f"Received: {self.path} ({error.strerror})"
            ) from error
        return config

    def start_data(self, config):
        """Create the folder of a run that is not, or not yet, one of a GAN."""
        self._check_writable()
        if not self.config_path.exists():
            self.path.mkdir(parents=True, exist_ok=True)
            text = json.dumps(config.to_dict(), indent=2) + "\n"
            write_text(self.data_config_path, text)

    def read_config(self):
        """Return the `TrainingConfig` of the run.

        Raises:
            RunError: If there is no run, or its settings cannot be read.
        """
        try:
            path = self.config_path
            path = path if path.exists() else self.data_config_path
            settings = json.loads(path.read_text(encoding="utf-8"))
            return TrainingConfig(**settings)
        except FileNotFoundError as error:
            raise RunError(
                "A run's folder must hold config.json; train first, for instance with "
                f"`aigc-keras quickstart`. Received: {self.path}"
            ) from error
        except (TypeError, json.JSONDecodeError) as error:
            raise RunError(
                f"{self.config_path} must hold a run's settings. Received: {error}"
            ) from error

    def write_config(self, config):
        """Write the settings."""
        write_text(self.config_path, json.dumps(config.to_dict(), indent=2) + "\n")

    def append_metrics(self, entry):
        """Add one line to `metrics.jsonl`."""
        with self.metrics_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def read_metrics(self):
        """Return the lines of `metrics.jsonl` as dicts; a half line is left out."""
        if not self.metrics_path.exists():
            return []
        entries = []
        for line in self.metrics_path.read_text(encoding="utf-8").splitlines():
            try:
                entries.append(json.loads(line))
            except json.JSONDecodeError:
                break
        return entries

    def last_losses(self):
        """Return the newest line of losses, a dict, empty before the first."""
        lines = [line for line in self.read_metrics() if "generator_loss" in line]
        return lines[-1] if lines else {}

    def forget_after(self, step):
        """Drop what a killed run wrote after its last checkpoint."""
        kept = [entry for entry in self.read_metrics() if entry["step"] <= step]
        lines = "".join(json.dumps(entry) + "\n" for entry in kept)
        write_text(self.metrics_path, lines)
        for sample in self.samples_path.glob("step_*.png"):
            if int(sample.stem.removeprefix("step_")) > step:
                sample.unlink()
        self.checkpoints.forget_after(step)

    def latest_weights(self, best=False):
        """Return the newest whole checkpoint's weights.

        Args:
            best: bool. Those of the best checkpoint instead, where one was measured.

        Raises:
            RunError: If the run has no model or no checkpoint that can be read.
        """
        step = self.checkpoints.best() if best else None
        if step is None or not self.checkpoints.is_whole(step):
            step = self.checkpoints.newest()
        if step is None or not (self.model_path / CONFIG_FILE).is_file():
            self.read_config()
            raise RunError(
                "A run must have a whole checkpoint before it can be used; let it "
                f"train longer. Received: {self.path}"
            )
        return self.checkpoints.weights_path(step)


def write_text(path, text):
    """Write a file that appears whole or not at all."""
    staging = path.with_name(f".{path.name}.staging")
    staging.write_text(text, encoding="utf-8")
    os.replace(staging, path)


def replace_part(model, folder):
    """Save a model to a folder that appears whole or not at all."""
    staging = folder.with_name(f".{folder.name}.staging")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        model.save_to_preset(staging)
        replace_folder(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def load_run(path, best=False):
    """Load the newest checkpoint of a run.

    Args:
        path: Path of the run's folder.
        best: bool. The best one instead, where early stopping measured some.

    Returns:
        A compiled `TextToImageGAN`, with what was trained beside it.

    Raises:
        RunError: If there is no run, or it has no checkpoint yet.
    """
    run = RunFolder(path)
    weights = run.latest_weights(best)
    gan = TextToImageGAN.load(run.model_path, weights)
    gan.companions = Companions(run.path)
    return gan


def open_prompt_writer(run=None, preset=None):
    """Load the GPT-2 that writes captions, of a run or of a packaged model.

    Args:
        run: Path of a run's folder, or None.
        preset: Name of a shipped model or path of a saved one; used without a run.

    Raises:
        RunError: If there is none.
    """
    return _open_part(run, preset, "prompt_writer")


def open_captioner(run=None, preset=None):
    """Load the captioner of a run or of a packaged model; see `open_prompt_writer`."""
    return _open_part(run, preset, "captioner")


def open_instruction_reader(run=None, preset=None):
    """Load what reads instructions, of a run or of a packaged model; see above."""
    return _open_part(run, preset, "instruction_reader")


def open_repairer(run=None, preset=None):
    """Load the repairer of a run or of a packaged model; see `open_prompt_writer`."""
    return _open_part(run, preset, "repairer")


def open_dialogue_reader(run=None, preset=None):
    """Load what reads dialogues, of a run or of a packaged model; see above."""
    return _open_part(run, preset, "dialogue_reader")


def open_parts(run=None, preset=None, names=tuple(PARTS)):
    """Load what a run or a packaged model has beside its GAN.

    Args:
        run: Path of a run's folder, or None.
        preset: Name of a shipped model or path of a saved one; used without a run.
        names: Sequence of str, names in `PARTS`, of the parts that are wanted.

    Returns:
        Dict with those of `PARTS` that are there.
    """
    found = {}
    for name in names:
        with contextlib.suppress(RunError):
            found[name] = _open_part(run, preset, name)
    return found


def _open_part(run, preset, name):
    return PARTS[name].from_preset(_part(run, preset, name))


def _part(run, preset, name):
    if run is not None:
        RunFolder(run).read_config()
        folder = pathlib.Path(run) / name
        if not folder.is_dir():
            raise RunError(
                f"The run must have the part {name}; train it with `aigc-keras train "
                f"--task {TASKS[name]} --run {run}`. Received: {run}"
            )
        return folder
    try:
        return packaged.part_folder(preset, name)
    except ValueError as error:
        raise RunError(str(error)) from error


def open_model(run=None, preset=None):
    """Load what a command works with: a run's newest checkpoint, or a packaged model.

    Args:
        run: Path of a run's folder, or None.
        preset: Name of a shipped model or path of a saved one; used without a run.

    Raises:
        RunError: If there is no such run or model.
    """
    if run is not None:
        return load_run(run)
    try:
        return TextToImageGAN.from_preset(preset)
    except ValueError as error:
        raise RunError(str(error)) from error
