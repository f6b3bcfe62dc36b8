"""What asks the program to end: a show ends in order, and at once when asked again; some work is not cut in two."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

STOPS = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C, and what the system sends."""

HURRY = 8.0
"""Seconds between SIGTERM and the end: the system kills soon after."""


class StopSignals:
    """Listens for SIGINT and SIGTERM while the context lasts.

    The first one sets `asked`, and SIGTERM also `deadline`. A second one ends the process at once, and so does
    Ctrl-C when the show is `ending` already and only a recording is being finished.
    """

    def __init__(self) -> None:
        self.asked = False
        self.ending = False
        self.deadline: float | None = None

    def __enter__(self) -> StopSignals:
        self._before = {number: signal.signal(number, self._on_signal) for number in STOPS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.asked or (self.ending and number == signal.SIGINT):
            os._exit(128 + number)
        self.asked = True
        if number == signal.SIGTERM:
            self.deadline = time.monotonic() + HURRY


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put off Ctrl-C and SIGTERM until the end of the block: a process just started must not be lost sight of."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return
    heard: list[int] = []
    before = {each: signal.signal(each, lambda number, _: heard.append(number)) for each in STOPS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    for number in heard:
        signal.raise_signal(number)
