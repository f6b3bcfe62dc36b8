"""Measurements of a running show: rates, stage times, latency, and the time from a change to its first canvas."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from realtime.threads.rate import Rate

SETTLED = 1.0  # seconds at the start in which stalls do not count: the window is being opened
KEPT = 4096  # samples that are kept of each quantity


class Samples:
    """The most recent values of one quantity, in seconds."""

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=KEPT)

    def add(self, seconds: float) -> None:
        """Add one value."""
        self._values.append(seconds)

    def clear(self) -> None:
        """Forget all values."""
        self._values.clear()

    def percentile_ms(self, percent: float, *, last: int = KEPT) -> float | None:
        """The percentile of the `last` values in milliseconds; None before the first."""
        values = tuple(self._values)[-last:]
        return round(float(np.percentile(values, percent)) * 1e3, 2) if values else None


class Meter:
    """All measurements; each is written by one thread and read by the main thread."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.network = Rate()
        self.canvases = Rate()
        self.screen = Rate()
        self.latency = Samples()
        self.switch = Samples()
        self.stages: dict[str, Samples] = {name: Samples() for name in ("view", "canvas", "overlay", "window")}
        self.longest_stall = 0.0
        self.failed = 0
        self._last_loop: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the show began."""
        return time.monotonic() - self.started

    @property
    def last_turn(self) -> float:
        """The time of the last turn of the main loop."""
        return self.started if self._last_loop is None else self._last_loop

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the time of a block as one run of a stage."""
        start = time.perf_counter()
        yield
        self.stages[name].add(time.perf_counter() - start)

    def loop(self) -> None:
        """Mark one turn of the main loop; the longest time between two turns is the longest stall."""
        now = time.monotonic()
        if self._last_loop is not None and now - self.started > SETTLED:
            self.longest_stall = max(self.longest_stall, now - self._last_loop)
        self._last_loop = now
