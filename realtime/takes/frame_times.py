"""The mailbox of frames of a show whose take is kept: it knows the times of frames that nobody took."""

from collections import deque

from realtime.imaging.frame import Frame
from realtime.threads.mailbox import Mailbox

MOST = 10_000  # frames whose times are known: some minutes


class TimedFrames(Mailbox[Frame]):
    """Holds the newest frame, and the times of the frames since `passed` was called last."""

    def __init__(self) -> None:
        super().__init__()
        self._times: deque[tuple[int, float]] = deque(maxlen=MOST)

    def put(self, value: Frame) -> None:
        """Replace the frame."""
        self._times.append((value.index, value.timestamp))
        super().put(value)

    def passed(self, index: int) -> tuple[float, ...]:
        """The times of the frames before that one which have not been told yet; one thread asks."""
        times = []
        while self._times and self._times[0][0] <= index:
            number, time = self._times.popleft()
            if number < index:
                times.append(time)
        return tuple(times)
