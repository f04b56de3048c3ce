"""Requests that wait a moment for each other and are answered in one call."""

import concurrent.futures
import queue
import threading
import time


class QueueFull(RuntimeError):
    """More is asked for than can wait."""


class BatcherClosed(RuntimeError):
    """The one that is asked takes no more requests."""


class Batcher:
    """Runs a function of columns on rows of several requests at once.

    A thread takes what waits, up to `max_rows` rows, and calls the function; another
    gathers the next rows meanwhile. Who comes alone is answered at once; where there
    were several a moment ago, the first waits for the others. Where a joint call fails
    each request is run by itself, so that none fails for another's sake.

    The defaults are those of `benchmarks/serving_batches.py` on two cores.

    Args:
        function: Function from a dict of equally long lists to a dict of arrays with as
            many rows. Called from several threads at once.
        max_rows: int. Rows in one call at most.
        max_waiting: int. Requests that may wait; beyond, `submit` raises `QueueFull`.
        wait_seconds: float. How long the first of several requests waits for others.
        threads: int. Calls of the function at the same time at most.
    """

    def __init__(
        self, function, max_rows=32, max_waiting=256, wait_seconds=0.002, threads=2
    ):
        self._function = function
        self._max_rows = max_rows
        self._wait = wait_seconds
        self._queue = queue.Queue(max_waiting)
        self._closed = False
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, daemon=True) for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, columns):
        """Hand in a request.

        Args:
            columns: Dict from name to list, all equally long.

        Returns:
            `concurrent.futures.Future` of a dict from name to array.

        Raises:
            QueueFull: If too many wait.
            BatcherClosed: After `close`.
        """
        future = concurrent.futures.Future()
        with self._lock:
            if self._closed:
                raise BatcherClosed("This version is no longer served.")
            try:
                self._queue.put_nowait((columns, future))
            except queue.Full as error:
                raise QueueFull(
                    "The server has more to do than it can; try again later."
                ) from error
        return future

    def close(self):
        """Answer what waits, then end."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for _ in self._threads:
                    self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self):
        left, alone = None, True
        while True:
            first = left or self._queue.get()
            left = None
            if first is None:
                return
            batch, rows = [first], _rows(first)
            until = time.monotonic() + (0.0 if alone else self._wait)
            while rows < self._max_rows:
                try:
                    pause = max(0.0, until - time.monotonic())
                    following = self._queue.get(timeout=pause)
                except queue.Empty:
                    break
                if following is None:
                    # The end comes after this batch.
                    self._answer(batch)
                    return
                if rows + _rows(following) > self._max_rows:
                    left = following
                    break
                batch.append(following)
                rows += _rows(following)
            self._answer(batch)
            alone = len(batch) == 1 and left is None and self._queue.empty()

    def _answer(self, batch):
        names = batch[0][0]
        try:
            columns = {name: sum((one[name] for one, _ in batch), []) for name in names}
            outputs = self._function(columns)
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for one in batch:
                self._answer([one])
            return
        start = 0
        for one in batch:
            end = start + _rows(one)
            rows = {name: values[start:end] for name, values in outputs.items()}
            one[1].set_result(rows)
            start = end


def _rows(request):
    return len(next(iter(request[0].values())))
