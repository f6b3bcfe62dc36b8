"""Ctrl-C and SIGTERM end the show in order; a second one ends it at once."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType, TracebackType

HURRY = 8.0
"""Seconds between SIGTERM and the end: the system kills soon after."""


class StopSignals:
    """Listens for SIGINT and SIGTERM while the context lasts.

    The first one sets `asked`, and SIGTERM also `deadline`. A second one ends the process at once, and so does
    Ctrl-C when the show is `ending` already and only a recording is being finished.
    """

    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.asked = False
        self.ending = False
        self.deadline: float | None = None

    def __enter__(self) -> StopSignals:
        self._before = {number: signal.signal(number, self._on_signal) for number in self.NUMBERS}
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
