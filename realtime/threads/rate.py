"""How often something happens: events per second over the last moments."""

import time
from collections import deque

WINDOW = 1.0  # seconds over which a rate is measured


class Rate:
    """Counts events; one thread ticks, any may ask."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=256)
        self.total = 0

    def tick(self, now: float | None = None) -> None:
        """Count one event."""
        self._times.append(time.monotonic() if now is None else now)
        self.total += 1

    def value(self, now: float | None = None) -> float:
        """Events per second; 0.0 before the second event, and after a second without any."""
        now = time.monotonic() if now is None else now
        recent = [moment for moment in tuple(self._times) if moment > now - WINDOW]
        return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 and recent[-1] > recent[0] else 0.0
