"""A mailbox between threads that holds only the newest value."""

import threading
import time
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds the newest value; a reader waits for one newer than the last that it has seen.

    A slow reader misses values and delays no one, so latency does not pile up.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: tuple[T, float] | None = None
        self._version = 0

    @property
    def version(self) -> int:
        """The number of values put in so far."""
        return self._version

    def put(self, value: T) -> None:
        """Replace the value and wake every waiting reader."""
        with self._changed:
            self._newest = value, time.monotonic()
            self._version += 1
            self._changed.notify_all()

    def get(self, seen: int, timeout: float) -> tuple[T | None, int]:
        """The newest value and its version, or (None, seen) when no newer one arrives within `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._version > seen, timeout):
                return None, seen
            return self.peek(), self._version

    def peek(self) -> T | None:
        """The newest value, without waiting; None before the first."""
        return self._newest[0] if self._newest is not None else None

    def peek_with_time(self) -> tuple[T, float] | None:
        """The newest value and when it was put in, as of time.monotonic(); None before the first."""
        return self._newest
