"""Work that the show does not wait for: one task after another, on a thread that lets all others go first."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from realtime.worker import Worker

T = TypeVar("T")

TICK = 0.1


class Task(Generic[T]):
    """Something that was asked for; `seconds` is how long it took."""

    def __init__(self, job: Callable[[], T]) -> None:
        self.seconds = 0.0
        self._job = job
        self._done = threading.Event()
        self._result: T | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Do it; what goes wrong is kept for who asks for the result."""
        start = time.monotonic()
        try:
            self._result = self._job()
        except Exception as error:
            self._error = error
        self.seconds = time.monotonic() - start
        self._done.set()

    def result(self) -> T | None:
        """What came of it, or None while it is not done; raises what went wrong."""
        if not self._done.is_set():
            return None
        if self._error is not None:
            raise self._error
        return self._result


class Runner:
    """Runs tasks in the order in which they came."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._tasks.put(_be_modest)
        self._worker = Worker("runner", self._step)

    def __enter__(self) -> Runner:
        self._worker.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.stop()

    def start(self, task: Task[T]) -> Task[T]:
        """Have a task done when its turn comes."""
        self._tasks.put(task.run)
        return task

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        self._worker.check()

    def _step(self) -> None:
        try:
            work = self._tasks.get(timeout=TICK)
        except queue.Empty:
            return
        work()


def _be_modest() -> None:
    """Let every other thread of the show go first, where the system can tell threads apart."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
