"""Checkpoints that were damaged, and disks that are full."""

import errno
import shutil

import keras
import numpy as np
import pytest

from aigc_keras.training import RunError, RunFolder, TrainingConfig, load_run, train
from aigc_keras.training.callbacks import Checkpoint, is_disk_full
from aigc_keras.training.checkpoints import CHECKSUM_FILE, Checkpoints


def cut(path, rng):
    content = path.read_bytes()
    path.write_bytes(content[: rng.integers(0, len(content))])


def flip(path, rng):
    content = bytearray(path.read_bytes())
    content[rng.integers(0, len(content))] ^= 1 << int(rng.integers(0, 8))
    path.write_bytes(content)


def empty(path, rng):
    path.write_bytes(b"\0" * path.stat().st_size)


def remove(path, rng):
    path.unlink()


DAMAGES = [cut] * 7 + [flip] * 9 + [empty, remove] * 2


def net():
    return keras.Sequential([keras.Input((40,)), keras.layers.Dense(30)])


@pytest.fixture
def saved(tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for step in (2, 4):
        checkpoints.save(net(), step)
    return checkpoints


@pytest.mark.parametrize("seed", range(len(DAMAGES)))
def test_twenty_damages_are_all_seen(saved, seed):
    rng = np.random.default_rng(seed)
    path = saved.weights_path(4)
    # Every fifth one hits the checksum instead.
    DAMAGES[seed](path if seed % 5 else path.with_name(CHECKSUM_FILE), rng)
    assert not saved.is_whole(4) and saved.is_whole(2)
    if not path.is_file():
        assert saved.newest() == 2
        return
    with pytest.warns(UserWarning, match="step_00000004"):
        assert saved.newest() == 2


def test_nothing_whole_is_nothing(saved):
    for step in (2, 4):
        saved.weights_path(step).write_bytes(b"")
    with pytest.warns(UserWarning):
        assert saved.newest() is None


def test_checkpoints_of_before_there_were_checksums_are_taken(saved):
    for step in (2, 4):
        saved.weights_path(step).with_name(CHECKSUM_FILE).unlink()
    assert saved.newest() == 4


def test_half_written_ones_are_swept_away(saved):
    staging = saved.path / ".step_00000006.staging"
    staging.mkdir()
    saved.forget_after(2)
    assert [path.name for path in saved.path.iterdir()] == ["step_00000002"]


def test_what_a_killed_process_moved_aside_is_put_back(saved):
    folder = saved.weights_path(4).parent
    folder.rename(folder.with_name(f".{folder.name}.old"))
    assert saved.newest() == 2
    saved.restore()
    assert saved.newest() == 4 and not saved.has_standard_noise(4)
    # Where it was written anew, the old one is waste.
    shutil.copytree(folder, folder.with_name(f".{folder.name}.old"))
    saved.save(net(), 4, standard_noise=True)
    saved.restore()
    assert saved.is_whole(4) and saved.has_standard_noise(4)
    saved.forget_after(4)
    assert len(list(saved.path.iterdir())) == 2


def test_a_failed_save_keeps_those_before(saved, monkeypatch):
    model = net()

    def fail(path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model, "save_weights", fail)
    with pytest.raises(OSError, match="No space"):
        saved.save(model, 6)
    assert saved.newest() == 4 and len(list(saved.path.iterdir())) == 2


def test_a_run_goes_on_from_the_checkpoint_before(tiny_run, tiny_settings, tmp_path):
    shutil.copytree(tiny_run, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    flip(run.checkpoints.weights_path(6), np.random.default_rng(1))
    with pytest.warns(UserWarning, match="passed over"):
        assert int(load_run(run.path).optimizer.iterations) == 4
    with pytest.warns(UserWarning, match="passed over"):
        gan, _ = train(TrainingConfig(**tiny_settings), run.path)
    assert int(gan.optimizer.iterations) == 6 and run.checkpoints.newest() == 6
    assert [entry["step"] for entry in run.read_metrics()] == [2, 4, 6]


@pytest.fixture
def full_disk(tmp_path, tiny_settings, monkeypatch):
    run = RunFolder(tmp_path / "run")
    run.start(TrainingConfig(**tiny_settings))

    def fail(gan, step):
        # As HDF5 says it.
        raise OSError(
            "Can't write data (file write failed: errno = 28, error message "
            "= 'No space left on device')"
        )

    monkeypatch.setattr(run.checkpoints, "save", fail)
    callback = Checkpoint(run, every=2)
    callback.step = 1
    return callback


def test_a_full_disk_stops_with_one_line(full_disk):
    with pytest.raises(RunError, match="The disk is full at step 2") as caught:
        full_disk.on_train_batch_end(0, {"generator_loss": 1.0})
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_reported_and_training_goes_on(full_disk):
    full_disk.when_disk_full = "continue"
    with pytest.warns(UserWarning, match="training goes on"):
        full_disk.on_train_batch_end(0, {"generator_loss": 1.0})
    full_disk.on_train_batch_end(0, {"generator_loss": 1.0})
    assert full_disk.step == 3


def test_other_faults_of_a_disk_are_not_taken_for_a_full_one():
    assert not is_disk_full(PermissionError(errno.EACCES, "Permission denied"))
    assert is_disk_full(OSError(errno.EDQUOT, "Disk quota exceeded"))
    with pytest.raises(RunError, match="when_disk_full"):
        TrainingConfig(when_disk_full="wait")
