"""What TensorFlow is told of threads."""

import pytest
import tensorflow as tf

from aigc_keras.training import share_threads, threads

SETTER = "set_intra_op_parallelism_threads"


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """As in a process that has set nothing, on two cores."""
    for name in ("INTRAOP", "INTEROP"):
        monkeypatch.delenv(f"TF_NUM_{name}_THREADS", raising=False)
    for name in ("intra", "inter"):
        getter = f"get_{name}_op_parallelism_threads"
        monkeypatch.setattr(tf.config.threading, getter, lambda: 0)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [])
    monkeypatch.setattr(threads, "_cores", lambda: 2)


@pytest.fixture
def told(monkeypatch):
    numbers = []
    monkeypatch.setattr(tf.config.threading, SETTER, numbers.append)
    return numbers


@pytest.mark.parametrize(("cores", "numbers"), [(1, []), (2, [1]), (3, [1]), (4, [])])
def test_two_cores_compute_an_operation_each(cores, numbers, told, monkeypatch):
    monkeypatch.setattr(threads, "_cores", lambda: cores)
    share_threads()
    assert told == numbers


@pytest.mark.parametrize("name", ["INTRAOP", "INTEROP"])
def test_the_environments_own_number_stays(name, told, monkeypatch):
    monkeypatch.setenv(f"TF_NUM_{name}_THREADS", "2")
    share_threads()
    assert told == []


@pytest.mark.parametrize("name", ["intra", "inter"])
def test_a_number_that_is_set_stays(name, told, monkeypatch):
    getter = f"get_{name}_op_parallelism_threads"
    monkeypatch.setattr(tf.config.threading, getter, lambda: 1)
    share_threads()
    assert told == []


def test_a_gpu_is_left_to_itself(told, monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["a GPU"])
    share_threads()
    assert told == []


def test_where_tensorflow_has_computed_already_nothing_is_said(monkeypatch):
    tried = []

    def refuse(number):
        tried.append(number)
        raise RuntimeError("cannot be modified after initialization")

    monkeypatch.setattr(tf.config.threading, SETTER, refuse)
    share_threads()
    assert tried == [1]
