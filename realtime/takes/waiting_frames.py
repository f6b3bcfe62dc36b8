"""The mailbox of frames of a show whose take is kept: a few frames wait in it to be written."""

from realtime.imaging.frame import Frame
from realtime.threads.mailbox import Mailbox

MOST = 8  # frames that wait: a thread may get the processor as late as this


class WaitingFrames(Mailbox[Frame]):
    """Holds the newest frame for the show, and the last frames for the one thread that writes them.

    Of more than MOST the oldest is dropped, so that nobody waits and memory is bounded.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[Frame] = []
        self._dropped: list[float] = []

    def put(self, value: Frame) -> None:
        """Replace the newest frame, and let it wait."""
        with self._changed:
            self._waiting.append(value)
            if len(self._waiting) > MOST:
                self._dropped.append(self._waiting.pop(0).timestamp)
            super().put(value)

    def take(self, timeout: float) -> tuple[Frame | None, tuple[float, ...]]:
        """The frame that has waited longest, and the times of those dropped before it; None after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._waiting), timeout):
                return None, ()
            dropped, self._dropped = tuple(self._dropped), []
            return self._waiting.pop(0), dropped
