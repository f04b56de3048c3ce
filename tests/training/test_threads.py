"""What TensorFlow is told of threads."""

import pytest
import tensorflow as tf

from aigc_keras.training import share_threads, threads


@pytest.fixture
def told(monkeypatch):
    numbers = []
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setattr(
        tf.config.threading, "set_intra_op_parallelism_threads", numbers.append
    )
    return numbers


@pytest.mark.parametrize(("cores", "number"), [(1, 1), (2, 1), (3, 1), (8, 4)])
def test_half_of_the_cores_compute_one_operation(cores, number, told, monkeypatch):
    monkeypatch.setattr(threads, "_cores", lambda: cores)
    share_threads()
    assert told == [number]


def test_the_users_own_number_stays(told, monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    share_threads()
    assert told == []


def test_a_gpu_is_left_to_itself(told, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    share_threads()
    assert told == []


def test_where_tensorflow_has_computed_already_nothing_is_said():
    tf.ones(1) + 1
    share_threads()
