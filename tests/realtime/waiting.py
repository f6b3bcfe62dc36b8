"""Waiting for what other threads will do."""

from __future__ import annotations

import time
from collections.abc import Callable

from realtime.capture.feed import Capture


def soon(what: Callable[[], bool], *, within: float = 10.0) -> bool:
    """Whether `what` comes true in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.01)
    return False


def says(capture: Capture, words: str) -> Callable[[], bool]:
    return lambda: words in (capture.lost or capture.warning or "")
