"""Opens and closes a show: outside of its hours the window is black, and camera and network rest."""

import logging
import math
from collections.abc import Callable
from datetime import datetime

from realtime.capture.feed import Capture
from realtime.show.unattended.hours import Hours

log = logging.getLogger(__name__)

FADE = 3.0  # seconds from dark to bright, and back
LONGEST_TURN = 0.1  # seconds of a fade in one turn, at most


class Schedule:
    """How bright the window is now (`light`, 0 to 1), and whether the show rests; main thread only.

    In the morning the window stays dark until there is a new picture: the last one of yesterday is never seen again.
    """

    def __init__(self, hours: Hours, capture: Capture, clock: Callable[[], datetime] = datetime.now) -> None:
        self.light = 0.0
        self.resting = False
        self._hours, self._capture, self._clock = hours, capture, clock
        self._opened = self._turned = -math.inf

    def turn(self, now: float, pictured: float | None) -> None:
        """Fade, rest or wake up; `pictured` is when the newest canvas was captured, and both are monotonic times."""
        passed, self._turned = min(now - self._turned, LONGEST_TURN), now
        wanted = self._hours.light_at(self._clock())
        if self.resting and wanted > 0:
            self._wake(now)
        is_new = pictured is not None and pictured >= self._opened
        if wanted > self.light and is_new:
            self.light = min(self.light + passed / FADE, wanted)
        elif wanted < self.light:
            self.light = max(self.light - passed / FADE, wanted)
        if wanted == self.light == 0 and pictured is not None and not self.resting:
            self._rest()

    def _wake(self, now: float) -> None:
        self.resting, self._opened = False, now
        self._capture.rest(on=False)
        log.info("the show opens (--hours)")

    def _rest(self) -> None:
        self.resting = True
        self._capture.rest(on=True)
        log.info("the show closes (--hours)")
