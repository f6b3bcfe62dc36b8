"""A clock for recordings: slots of equal length, none lost, so that video time is wall time."""

import math
import threading
import time
from collections.abc import Iterator

from realtime.imaging.frame import Frame, Image
from realtime.threads.mailbox import Mailbox


class Pace:
    """Counts slots of 1/`fps` seconds from now on, until stopped; each is due in its middle.

    The schedule is absolute, so nothing drifts: after t seconds exactly round(t * fps) slots are due. One thread
    counts; any may call `stop`.
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
        while not (due := self._due(time.monotonic())) and not self.stopped:
            middle = self._begin + (self._counted + 0.5) / self.fps
            self._stopped.wait(max(middle - time.monotonic(), 0.0))
        self._counted += due
        return due

    def since(self, moment: float) -> int:
        """How many of the slots that `wait` has counted were due after a moment, as of time.monotonic()."""
        return max(self._counted - max(self._number(moment), 0), 0)

    def stop(self) -> None:
        """End the clock; slots up to now are still counted. Any thread may call this."""
        if not self.stopped:
            self._end = time.monotonic()
            self._stopped.set()

    def _due(self, moment: float) -> int:
        return max(self._number(min(moment, self._end)) - self._counted, 0)

    def _number(self, moment: float) -> int:
        """The number of slots that are due until a moment."""
        return math.floor((moment - self._begin) * self.fps + 0.5)


def runs(canvases: Mailbox[Frame], pace: Pace) -> Iterator[tuple[Image, int]]:
    """The newest canvas of every slot, and for how many slots it is shown, until the pace is stopped.

    Where the caller is late, a canvas begins with the slot in which it was drawn, and not where the caller was last;
    the first one begins with the pace, if there was any by then. There is at least one, where there is any canvas.
    """
    shown, missing = None, False
    while due := pace.wait():
        newest = canvases.peek_with_time()
        if newest is None:
            missing = True
            continue
        image, drawn = newest[0].image, newest[1]
        begins = shown is None and not missing
        fresh = due if image is shown or begins else min(pace.since(drawn), due)
        if shown is not None and fresh < due:
            yield shown, due - fresh
        if fresh:
            shown = image
            yield image, fresh
    if shown is None and (only := canvases.peek()) is not None:
        yield only.image, 1
