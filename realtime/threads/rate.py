"""How often something happens: events per second over the last moments."""

import math
import time
from collections import deque

WINDOW = 1.0  # seconds over which a rate is measured
KEPT = 3600  # seconds whose events are kept


class Rate:
    """Counts events; one thread ticks, any may ask."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=256)
        self._seconds: deque[tuple[int, int]] = deque(maxlen=KEPT)  # each with the events in it, but the last
        self._second, self._count = 0, 0
        self.total = 0
        self.first = math.inf  # the time of the first event

    def tick(self, now: float | None = None) -> None:
        """Count one event."""
        now = time.monotonic() if now is None else now
        self._times.append(now)
        self.first = min(self.first, now)
        self.total += 1
        if int(now) != self._second:
            self._seconds.append((self._second, self._count))
            self._second, self._count = int(now), 0
        self._count += 1

    @property
    def last(self) -> float:
        """The time of the last event; minus infinity before the first."""
        return self._times[-1] if self._times else -math.inf

    def value(self, now: float | None = None) -> float:
        """Events per second; 0.0 before the second event, and after a second without any."""
        now = time.monotonic() if now is None else now
        recent = [moment for moment in tuple(self._times) if moment > now - WINDOW]
        return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 and recent[-1] > recent[0] else 0.0

    def by_second(self) -> list[int]:
        """The events in each whole second, from the first on: the first and the last second are left out."""
        counted = dict(self._seconds)
        seconds = [second for second, count in counted.items() if count]
        return [counted.get(second, 0) for second in range(min(seconds) + 1, max(seconds) + 1)] if seconds else []
