"""`aigc-keras serve` refuses in one line what it cannot serve."""

import socket

import pytest

from aigc_keras.cli import app


def run_cli(capfd, *arguments):
    with pytest.raises(SystemExit) as exit_:
        app.main([str(argument) for argument in arguments])
    output, errors = capfd.readouterr()
    assert "Traceback" not in errors
    return exit_.value.code, output, errors


def test_a_taken_port_is_said_before_the_model_is_loaded(capfd, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, output, errors = run_cli(capfd, "serve", tmp_path, "--port", port)
    assert status == 2 and not output
    (line,) = errors.strip().splitlines()
    assert f"127.0.0.1:{port}" in line and "--port" in line


def test_a_folder_without_a_model_is_refused(capfd, tmp_path):
    status, _, errors = run_cli(capfd, "serve", tmp_path / "nowhere", "--port", 18541)
    assert status == 2 and "nowhere" in errors and "aigc-keras export" in errors
    assert len(errors.strip().splitlines()) == 1
