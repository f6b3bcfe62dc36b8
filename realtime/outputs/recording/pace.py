"""A clock for recordings: slots of equal length, none lost, so that video time is wall time."""

import math
import threading
import time


class Pace:
    """Counts slots of 1/`fps` seconds from now on, until stopped; each is due in its middle.

    The schedule is absolute, so nothing drifts: after t seconds exactly round(t * fps) slots are due.
    """

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._begin = time.monotonic()
        self._end = math.inf
        self._counted = 0
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def wait(self) -> int:
        """Wait for the next slot; the number of slots that are due, more than one when late, 0 after `stop`."""
        due = 0
        while not due and not self.stopped:
            middle = self._begin + (self._counted + 0.5) / self.fps
            self._stopped.wait(max(middle - time.monotonic(), 0.0))
            due = self._due()
        self._counted += due
        return due

    def stop(self) -> None:
        """End the clock; slots up to now are still counted. Any thread may call this."""
        if not self.stopped:
            self._end = time.monotonic()
            self._stopped.set()

    def _due(self) -> int:
        elapsed = min(time.monotonic(), self._end) - self._begin
        return max(math.floor(elapsed * self.fps + 0.5) - self._counted, 0)
