"""Which frames are drawn, and when canvases are due, so that a show has the rate that was chosen."""

import math


class Cadence:
    """Lets frames through at a rate below that of the source; on average exactly, whatever both rates are."""

    def __init__(self) -> None:
        self._due = -math.inf

    def passes(self, time: float, period: float, source_period: float) -> bool:
        """Whether the frame of that time, in seconds, is drawn; `period` is that from one to the next."""
        if time < self._due - source_period / 2:
            return False
        self._due = (self._due if time - self._due < period / 2 else time) + period
        return True


class Slots:
    """The times at which canvases are due, a period after one another, in step with the earliest new results.

    A new result is shown as soon as it comes, and may come half a period late.
    """

    DRIFT = 0.1  # of the lateness of a result that is forgiven: so much that results at nearly the right rate suffice

    def __init__(self) -> None:
        self._last = self._due = -math.inf

    def early(self, now: float, period: float) -> float:
        """Seconds until a new result may be shown: a canvas is seen for half a period at least."""
        return max(self._last + period / 2 - now, 0.0)

    def late(self, now: float, period: float, *, expected: bool) -> float:
        """Seconds until a canvas is drawn without a new result, for which it waits longer if one is `expected`."""
        return max(self._due + (period / 2 if expected else 0.0) - now, 0.0)

    def take(self, now: float, period: float, *, fresh: bool) -> None:
        """A canvas is drawn now, with a `fresh` result or without one."""
        late = now - self._due
        if (fresh and late < 0) or late > period / 2:
            self._due = now if fresh else now - period / 2
        elif fresh:
            self._due += self.DRIFT * late
        self._due += period
        self._last = now
