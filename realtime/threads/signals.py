"""SIGINT and SIGTERM: the first ends a show in order, the second at once; short critical work is not interrupted."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C, and the request of the system to end
GRACE = 8.0  # seconds to end after SIGTERM: the system kills the process soon after


class StopSignals:
    """Handles SIGINT and SIGTERM within the context.

    The first signal sets `received`, and SIGTERM also `deadline`. A second one ends the process at once, and so does
    Ctrl-C while `ending` is set, when only a recording is being finished.
    """

    def __init__(self) -> None:
        self.received = False
        self.ending = False
        self.deadline: float | None = None

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.received or (self.ending and number == signal.SIGINT):
            os._exit(128 + number)
        self.received = True
        if number == signal.SIGTERM:
            self.deadline = time.monotonic() + GRACE


@contextmanager
def defer_signals() -> Iterator[None]:
    """Deliver SIGINT and SIGTERM only after the block, so that a process that it starts is not lost."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread handles signals
        yield
        return
    received: list[int] = []
    before = {number: signal.signal(number, lambda number, _: received.append(number)) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for each in received:
        signal.raise_signal(each)
