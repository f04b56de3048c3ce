"""Requests are answered together, each with its own rows, and the queue is bounded."""

import threading
import time

import numpy as np
import pytest

from aigc_keras.serving.batching import Batcher, BatcherClosed, QueueFull


def double(columns):
    return {"twice": np.array(columns["x"]) * 2}


def test_each_gets_its_own_rows():
    batcher = Batcher(double)
    futures = [batcher.submit({"x": list(range(i, 2 * i))}) for i in range(1, 30)]
    for i, future in enumerate(futures, 1):
        np.testing.assert_array_equal(future.result()["twice"], 2 * np.arange(i, 2 * i))
    batcher.close()


def test_what_waits_is_answered_in_few_calls():
    calls, held = [], threading.Event()

    def slow(columns):
        held.wait(10)
        calls.append(len(columns["x"]))
        return double(columns)

    batcher = Batcher(slow, max_rows=8)
    futures = [batcher.submit({"x": [i]}) for i in range(20)]
    held.set()
    assert [f.result()["twice"][0] for f in futures] == [2 * i for i in range(20)]
    assert max(calls) <= 8 and len(calls) < 8
    batcher.close()


def test_one_fault_is_no_other_requests_fault():
    held = threading.Event()

    def picky(columns):
        held.wait(10)
        if 3 in columns["x"]:
            raise ValueError("no threes")
        return double(columns)

    batcher = Batcher(picky)
    futures = [batcher.submit({"x": [i]}) for i in range(6)]
    held.set()
    for i, future in enumerate(futures):
        if i == 3:
            with pytest.raises(ValueError, match="no threes"):
                future.result()
        else:
            assert future.result()["twice"] == [2 * i]
    batcher.close()


def test_beyond_its_length_the_queue_refuses():
    held = threading.Event()

    def slow(columns):
        held.wait(10)
        return double(columns)

    batcher = Batcher(slow, max_rows=1, max_waiting=3)
    futures = []
    with pytest.raises(QueueFull, match="try again later"):
        for i in range(6):
            futures.append(batcher.submit({"x": [i]}))
    held.set()
    assert [f.result()["twice"][0] for f in futures] == [
        2 * i for i in range(len(futures))
    ]
    batcher.close()


def test_it_answers_before_it_closes():
    batcher = Batcher(double, wait_seconds=0.2)
    futures = [batcher.submit({"x": [i]}) for i in range(5)]
    batcher.close()
    assert all(future.done() for future in futures)
    with pytest.raises(BatcherClosed):
        batcher.submit({"x": [1]})
    batcher.close()


def test_only_one_of_several_waits_for_others():
    sizes, held = [], threading.Event()

    def count(columns):
        sizes.append(len(columns["x"]))
        held.wait(60)
        return double(columns)

    batcher = Batcher(count, wait_seconds=3600, max_rows=4, threads=1)
    held.set()
    # Alone: at once, again and again.
    for _ in range(3):
        batcher.submit({"x": [1]}).result(timeout=60)
    held.clear()
    futures = [batcher.submit({"x": [1]})]
    while len(sizes) < 4:
        time.sleep(0.001)
    futures += [batcher.submit({"x": [i, i]}) for i in range(3)]
    held.set()
    for future in futures[:3]:
        future.result(timeout=60)
    # The last came with others, so that it waits for more: here until the end.
    assert not futures[3].done()
    batcher.close()
    assert futures[3].done() and sizes == [1, 1, 1, 1, 4, 2]


def test_two_calls_run_at_the_same_time():
    both = threading.Barrier(2)

    def meet(columns):
        both.wait(60)
        return double(columns)

    batcher = Batcher(meet, max_rows=1)
    futures = [batcher.submit({"x": [i]}) for i in range(2)]
    assert [int(f.result(60)["twice"][0]) for f in futures] == [0, 2]
    batcher.close()
