"""The tutorial notebook, executed as a reader would."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

NOTEBOOK = pathlib.Path(__file__).resolve().parents[1] / "docs" / "tutorial.ipynb"


@pytest.mark.slow
def test_every_cell_runs_and_the_model_has_learned(tmp_path):
    shutil.copy(NOTEBOOK, tmp_path)
    programs = pathlib.Path(sys.executable).parent
    # The notebook calls `aigc-keras` as a reader's shell finds it.
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    command = [programs / "jupyter-execute", "--inplace", tmp_path / NOTEBOOK.name]
    done = subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cells = json.loads((tmp_path / NOTEBOOK.name).read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == 4
    said = "".join("".join(output.get("text", ())) for output in outputs)
    assert "say: it is blue" in said
    (mean,) = re.findall(r"^mean +([\d.]+)$", said, re.MULTILINE)
    assert float(mean) > 0.8
    (difference,) = re.findall(r"model here: (\d+) of 255", said)
    assert int(difference) <= 2
