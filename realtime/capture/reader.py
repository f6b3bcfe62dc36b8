"""A thread that opens a source, reads it at its frame rate, and can be abandoned when it hangs."""

import threading
import time
from collections.abc import Callable

from models.errors import SourceError, is_out_of_memory, one_line
from realtime.capture.source import Source
from realtime.capture.source_health import Frozen, HealthLimits, SourceHealth
from realtime.imaging.frame import Image

MAX_SKIPS = 2  # frames skipped in a row at most, so that some are shown while catching up
MAX_LAG = 2.0  # seconds behind the clock after which the lost time is given up: slow motion instead of endless skipping


class Reader(threading.Thread):
    """Reads `source`, or the one that `opener` opens, on its own thread.

    `put` gets each image, its time, and whether it is still the frame for which the source was reopened. `error` is the
    exception that ended the thread. A thread that hangs in a driver cannot be killed: `leave` it, and it closes its
    source when the driver returns.
    """

    def __init__(
        self,
        opener: Callable[[], Source],
        put: Callable[[Image, float, bool], None],
        *,
        source: Source | None = None,
        frozen: Frozen | None = None,
    ) -> None:
        super().__init__(name="reader", daemon=True)
        self.error: BaseException | None = None
        self.source = source
        self.health: SourceHealth | None = None
        self.dropped = 0
        self._opener = opener
        self._put = put
        self._frozen = frozen
        self._left = threading.Event()
        self._opening = self._due = time.monotonic()
        self.start()

    def leave(self) -> None:
        """Tell the thread to end as soon as it can."""
        self._left.set()

    def fault(self, limits: HealthLimits) -> str | None:
        """Why the source is lost, or None; raises a mistake of the program."""
        if not self.is_alive():
            return self._ending()
        if self.health is None:
            late = time.monotonic() - self._opening > limits.opening
            return f"not open after {limits.opening:.2g} s" if late else None
        if self.source is not None and self.source.live:
            return self.health.fault(limits, time.monotonic())
        return None

    def warning(self, limits: HealthLimits) -> str | None:
        """What may be wrong with a live source, or None."""
        if self.source is None or self.health is None or not self.source.live:
            return None
        return self.health.warning(limits)

    @property
    def unexpected(self) -> Exception | None:
        """What has ended the thread of a live source, if that is nothing that sources usually raise."""
        error, live = self.error, self.source is not None and self.source.live
        if not live or not isinstance(error, Exception) or isinstance(error, SourceError) or is_out_of_memory(error):
            return None
        return error

    def _ending(self) -> str:
        """Why the thread has ended; raises its exception where that is a mistake of the program, not of a device."""
        error = self.error
        if error is None:
            raise RuntimeError("the reader thread ended without an error")
        if not (isinstance(error, SourceError | OSError) or is_out_of_memory(error) or self.unexpected):
            raise error
        return "cannot open it" if self.source is None else one_line(error).removeprefix(f"{self.source.name}: ")

    def run(self) -> None:
        """Open the source and read it until `leave` or an error."""
        try:
            self.source = self.source or self._opener()
            self._due = time.monotonic()
            self.health = SourceHealth(self.source.fps, self._due, self._frozen)
            while not self._left.is_set():
                self._read(self.source, self.health)
        except BaseException as error:
            self.error = error
        finally:
            if self.source is not None:
                self.source.close()

    def _read(self, source: Source, health: SourceHealth) -> None:
        if not source.live:
            self._keep_pace(source)
        image = source.read()
        now = time.monotonic()
        health.record(image, now)
        self._put(image, now, health.is_frozen)

    def _keep_pace(self, source: Source) -> None:
        """Wait until the next frame is due; when it is late, skip some."""
        lag = time.monotonic() - self._due
        if lag > MAX_LAG:
            self._due, lag = self._due + lag, 0.0
        for _ in range(MAX_SKIPS):
            duration = source.next_duration
            if lag < duration:
                break
            source.skip()
            self.dropped += 1
            self._due, lag = self._due + duration, lag - duration
        duration = source.next_duration
        self._left.wait(max(0.0, self._due - time.monotonic()))
        self._due += duration
