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

from realtime.threads.worker import Worker

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

    @property
    def done(self) -> bool:
        """Whether it is over, well or ill."""
        return self._done.is_set()

    def result(self) -> T | None:
        """What came of it, or None while it is not done; raises what went wrong."""
        if self._error is not None:
            raise self._error
        return self._result


class Errand(Generic[T]):
    """One task at a time, whose result is fetched once: what failed is dropped like what is done.

    `seconds` is how long the last one took that was fetched.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._task: Task[T] | None = None

    @property
    def idle(self) -> bool:
        """Whether there is no task that is under way or whose result was not fetched yet."""
        return self._task is None

    def send(self, task: Task[T]) -> None:
        """Have this task's result fetched from now on."""
        self._task = task

    def fetch(self) -> T | None:
        """What came of the task, or None while there is nothing new; raises what went wrong."""
        if self._task is None or not self._task.done:
            return None
        task, self._task = self._task, None
        self.seconds = task.seconds
        return task.result()


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
