"""The governor: chooses how much a show gives up, from the times that its network takes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WINDOW = 1.0  # seconds of times that a decision rests on
LEAST = 0.6  # seconds, and
FEWEST = 4  # times, before a decision
SETTLE = 0.5  # seconds after a change in which times do not count: graphs are being opened
LATE = 80  # percentile of the load that decides: one time in five may be longer
TOO_MUCH = 0.95  # load above which the rate is lost
FITS = 0.85  # of the limit of a level: the expected load with which it is chosen then
LIGHT = 0.68  # of the limit of the level above: the expected load with which it is chosen again
SHORT = 0.94  # share of the canvases that are due, below which the rate is lost although the load is not too much,
BUSY = 0.5  # where the load is at least this: otherwise the network is not what is slow
SEEN = 2.0  # seconds over which canvases are counted
PATIENCE = 3.0  # seconds of light load before that; twice as long each time that it was wrong
LONGEST = 60.0  # seconds
WRONG = 20.0  # seconds within which a level that gave up less was wrong if it was too much


@dataclass(frozen=True, slots=True)
class Rung:
    """A level: its work relative to that of the first one, and the load above which the next one is better."""

    cost: float
    limit: float = TOO_MUCH


@dataclass(frozen=True, slots=True)
class Decision:
    """A new level, by its number, and the load that led to it: time taken by time there is."""

    level: int
    load: float


class Governor:
    """Goes to a level with less work as soon as there is too much, and back once there has long been room for it.

    Levels are the numbers of rungs, whose costs never grow. It has no clock: every time is given.
    """

    def __init__(self) -> None:
        self.level = 0
        self._loads: deque[tuple[float, float]] = deque()
        self._canvases: deque[float] = deque(maxlen=256)
        self._changed = self._raised = -np.inf
        self._light_since: float | None = None
        self._patience = PATIENCE

    def start(self, level: int, now: float) -> None:
        """Begin anew at a level: what is shown is another thing."""
        self.level, self._patience, self._raised = level, PATIENCE, -np.inf
        self._forget(now)

    def canvas(self, now: float) -> None:
        """Count a canvas; any thread may."""
        self._canvases.append(now)

    def result(self, now: float, load: float, rungs: Sequence[Rung], rate: float) -> Decision | None:
        """Add a result of the network, `load` its time by the time there was; the new level, if it changes.

        `rate` is that of the canvases which are due, in fps.
        """
        if now - self._changed < SETTLE:
            return None
        self._loads.append((now, load))
        while now - self._loads[0][0] > WINDOW:
            self._loads.popleft()
        if now - self._loads[0][0] < LEAST or len(self._loads) < FEWEST:
            return None
        usual = float(np.percentile([each for _, each in self._loads], LATE))
        if usual > rungs[self.level].limit or (usual > BUSY and self._held(now, rate) < SHORT):
            return self._go(self._lower(usual, rungs), now, usual)
        return self._go(self._higher(usual, rungs, now), now, usual)

    def _held(self, now: float, rate: float) -> float:
        """The share of the canvases of the last moments that there should have been."""
        since = max(now - SEEN, self._changed + SETTLE)
        recent = [each for each in tuple(self._canvases) if since <= each <= now]
        return (len(recent) - 1) / ((recent[-1] - recent[0]) * rate) if len(recent) > FEWEST else 1.0

    def _lower(self, load: float, rungs: Sequence[Rung]) -> int:
        """The first level below for which there is time; the last one where there is none."""
        self._light_since = None
        work = load / rungs[self.level].cost
        below = range(self.level + 1, len(rungs))
        fitting = (number for number in below if work * rungs[number].cost <= FITS * rungs[number].limit)
        return next(fitting, len(rungs) - 1)

    def _higher(self, load: float, rungs: Sequence[Rung], now: float) -> int:
        """The next level above if there would have been room for it for long enough; else this one."""
        here, above = rungs[self.level], rungs[max(self.level - 1, 0)]
        if self.level == 0 or load * above.cost / here.cost > LIGHT * above.limit:
            self._light_since = None
            return self.level
        self._light_since = now if self._light_since is None else self._light_since
        return self.level - 1 if now - self._light_since >= self._patience else self.level

    def _go(self, level: int, now: float, load: float) -> Decision | None:
        if level == self.level:
            if now - self._raised > LONGEST:
                self._patience = PATIENCE
            return None
        if level < self.level:
            self._raised = now
        elif now - self._raised < WRONG:
            self._patience = min(2 * self._patience, LONGEST)
        self.level = level
        self._forget(now)
        return Decision(level, load)

    def _forget(self, now: float) -> None:
        self._changed, self._light_since = now, None
        self._loads.clear()
