"""The examples for clusters give each worker its place among all."""

import json
import os
import pathlib
import subprocess

import pytest
import yaml

FOLDER = pathlib.Path(__file__).parents[2] / "docs" / "clusters"
# What stands for a cluster's commands: `srun` runs two tasks, one after the other.
COMMANDS = {
    "scontrol": "printf 'node-a\\nnode-b\\n'",
    "srun": 'shift; for i in 0 1; do SLURM_PROCID=$i "$@"; done',
    "aigc-keras": 'echo "$TF_CONFIG"; echo "$@"',
}


@pytest.fixture
def environment(tmp_path):
    for name, text in COMMANDS.items():
        path = tmp_path / name
        path.write_text(f"#!/usr/bin/env bash\n{text}\n")
        path.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def run(command, environment, **more):
    done = subprocess.run(
        command, env={**environment, **more}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_slurm(environment):
    command = [FOLDER / "slurm.sh", "--dataset", "shapes", "--run", "/shared/my run"]
    lines = run(command, environment, SLURM_JOB_NODELIST="node-[a-b]")
    for index in (0, 1):
        config = json.loads(lines[2 * index])
        assert config == {
            "cluster": {"worker": ["node-a:22222", "node-b:22222"]},
            "task": {"type": "worker", "index": index},
        }
        assert lines[2 * index + 1] == (
            "train --distribute multi_worker --dataset shapes --run /shared/my run"
        )


def test_kubernetes(environment):
    text = (FOLDER / "kubernetes.yaml").read_text(encoding="utf-8")
    service, job = yaml.safe_load_all(text)
    name = job["metadata"]["name"]
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (count,) = (entry["value"] for entry in container["env"])
    # What Kubernetes needs to give a pod a name that the others can look up.
    assert job["spec"]["completionMode"] == "Indexed"
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"job-name": name}
    assert pod["subdomain"] == service["metadata"]["name"]
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == int(count)
    command = container["command"] + container["args"]
    lines = run(command, environment, WORKERS=count, JOB_COMPLETION_INDEX="1")
    hosts = [f"{name}-{i}.{pod['subdomain']}:22222" for i in range(int(count))]
    assert json.loads(lines[0]) == {
        "cluster": {"worker": hosts},
        "task": {"type": "worker", "index": 1},
    }
    assert lines[1].startswith("train --distribute multi_worker --dataset=shapes")
