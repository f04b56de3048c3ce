"""A training run in a process of its own, started and stopped from the page."""

import atexit
import pathlib
import signal
import subprocess
import threading

from aigc_keras.training import RunFolder
from aigc_keras.training.launcher import own_command

WAIT = 60
# What a shell runs in the background ignores SIGINT, and so would what that starts.
_HEAR_SIGINT = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
)


class TrainingProcess:
    """Runs `aigc-keras train`, one run at a time, and reads what it writes.

    A run goes on when the page is closed, and ends with a checkpoint when the program
    that serves the page ends. What it says lies in the run's `studio.log`.
    """

    def __init__(self):
        self._process = None
        self._run = None
        self._lock = threading.Lock()
        atexit.register(self.stop)

    @property
    def running(self):
        """Path of the run that is being trained, or None."""
        going = self._process is not None and self._process.poll() is None
        return self._run if going else None

    def start(self, run, dataset, preset, steps, data_dir=None):
        """Begin a run, or go on with one.

        Args:
            run: Path of its folder.
            dataset: str, a name in `datasets.SOURCES`, or one with a config.
            preset: str, a name in `models.presets.PRESETS`.
            steps: int. Steps of the whole run.
            data_dir: Path of one's own pictures, or None.

        Raises:
            ValueError: If a run is being trained.
        """
        with self._lock:
            if self.running:
                raise ValueError(
                    f"One run is trained at a time; stop it first. Received: {run} "
                    f"beside {self.running}"
                )
            folder = pathlib.Path(run)
            folder.mkdir(parents=True, exist_ok=True)
            arguments = ["train", "--dataset", dataset, "--preset", preset]
            arguments += ["--steps", str(steps), "--run", str(run)]
            if data_dir:
                arguments += ["--data-dir", data_dir]
            python, option, program, *arguments = own_command(arguments)
            with open(folder / "studio.log", "wb") as log:
                self._process = subprocess.Popen(
                    [python, option, _HEAR_SIGINT + program, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._run = str(run)

    def stop(self):
        """End the run as Ctrl-C does, with a checkpoint, and wait for it."""
        if self.running is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def state(self, run):
        """Return one line that says how a run stands.

        Args:
            run: Path of its folder.
        """
        last = RunFolder(run).last_losses()
        step = f"step {last['step']}" if last else "no step yet"
        if self.running == str(run):
            return f"running, {step}: {_last_line(run)}"
        status = None
        if self._run == str(run) and self._process is not None:
            status = self._process.poll()
        if status in (None, 0, 130, -signal.SIGINT):
            return f"{'done' if status == 0 else 'not running'}, {step}"
        return f"failed, {step}: {_last_line(run)}"


def _last_line(run):
    path = pathlib.Path(run) / "studio.log"
    if not path.is_file():
        return ""
    text = path.read_bytes()[-4000:].decode("utf-8", "replace")
    lines = text.replace("\r", "\n").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
