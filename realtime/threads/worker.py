"""A thread that repeats one step until stopped, and keeps the exception that ended it."""

import logging
import threading
from collections.abc import Callable
from typing import Self

from models.errors import is_out_of_memory, one_line

log = logging.getLogger(__name__)

PAUSE = 0.25  # seconds after a step for which there was no memory


class Worker:
    """Calls `step()` repeatedly on a thread of its own.

    A step that raises ends the thread; `check()` raises that exception in the calling thread. One for which there was
    no memory is tried again.
    """

    def __init__(self, name: str, step: Callable[[], None]) -> None:
        self._step = step
        self._starved = False
        self._stopping = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def check(self) -> None:
        """Raise the exception that ended the thread, if any."""
        if self._error is not None:
            raise self._error

    def stop(self, timeout: float = 5.0) -> None:
        """Let the current step finish and wait for the end of the thread, at most `timeout` seconds."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._try_step()
        except BaseException as error:
            self._error = error

    def _try_step(self) -> None:
        try:
            self._step()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if not self._starved:
                log.error("%s in the thread '%s'", one_line(error), self._thread.name)
            self._starved = True
            self._stopping.wait(PAUSE)
