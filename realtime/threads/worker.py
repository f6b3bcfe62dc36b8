"""A thread that repeats one step until stopped, and keeps the exception that ended it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType


class Worker:
    """Runs `step()` again and again on a thread of its own.

    A step that raises ends the thread; `check()` raises that exception where it can be seen.
    """

    def __init__(self, name: str, step: Callable[[], None]) -> None:
        self._step = step
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Worker:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self._error is not None:
            raise self._error

    def stop(self, timeout: float = 5.0) -> None:
        """Ask the thread to end after its present step and wait for it, `timeout` seconds at most."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._step()
        except BaseException as error:
            self._error = error
