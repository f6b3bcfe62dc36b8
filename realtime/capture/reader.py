"""One life of a source: a thread that opens it, reads it at its pace, and can be left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.errors import SourceError
from realtime.capture.source import Source
from realtime.capture.source_health import HealthLimits, SourceHealth
from realtime.imaging.frame import Image

SKIPS = 2
"""Pictures passed over at most between two that are shown, so that something is seen while catching up."""

LATEST = 2.0
"""Seconds behind the clock at which lost time is given up: slow motion rather than nothing but skipping."""


class Reader:
    """Reads `source`, or what `opener` opens, on a thread of its own, and hands each picture to `put`.

    What ended it is in `error`. A thread that hangs in the driver cannot be killed: `leave` it, and it
    closes its source whenever it comes back.
    """

    def __init__(
        self,
        opener: Callable[[], Source],
        put: Callable[[Image, float], None],
        *,
        source: Source | None = None,
        before: NDArray[np.uint8] | None = None,
    ) -> None:
        self.error: BaseException | None = None
        self.source = source
        self.pulse: SourceHealth | None = None
        self.dropped = 0
        self._opener = opener
        self._put = put
        self._before = before
        self._left = threading.Event()
        self._since = self._due = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def leave(self) -> None:
        """Tell the thread to end as soon as it can."""
        self._left.set()

    def join(self, timeout: float) -> None:
        """Wait for the thread, `timeout` seconds at most."""
        self._thread.join(timeout)

    def trouble(self, patience: HealthLimits) -> str | None:
        """Tell why the source is lost, if it is; raise whatever else than a SourceError ended the thread."""
        if not self.alive:
            return self._ending()
        if self.pulse is None:
            late = time.monotonic() - self._since > patience.opening
            return f"not open after {patience.opening:.2g} s" if late else None
        if self.source is not None and self.source.live:
            return self.pulse.trouble(patience, time.monotonic())
        return None

    def murmur(self, patience: HealthLimits) -> str | None:
        """Tell what is odd about a live source and may yet be right, if anything."""
        if self.source is None or self.pulse is None or not self.source.live:
            return None
        return self.pulse.murmur(patience)

    def _ending(self) -> str:
        if not isinstance(self.error, SourceError):
            raise self.error or RuntimeError("the reader ended for no reason")
        if self.source is None:
            return "it cannot be opened"
        return str(self.error).removeprefix(f"{self.source.name}: ")

    def _run(self) -> None:
        try:
            self.source = self.source or self._opener()
            self._due = time.monotonic()
            self.pulse = SourceHealth(self.source.fps, self._due, self._before)
            while not self._left.is_set():
                self._turn(self.source, self.pulse)
        except BaseException as error:
            self.error = error
        finally:
            if self.source is not None:
                self.source.close()

    def _turn(self, source: Source, pulse: SourceHealth) -> None:
        if not source.live:
            self._keep_time(source)
        image = source.read()
        now = time.monotonic()
        pulse.beat(image, now)
        self._put(image, now)

    def _keep_time(self, source: Source) -> None:
        """Wait until the next picture is due; when it is late, pass over some."""
        late = time.monotonic() - self._due
        if late > LATEST:
            self._due, late = self._due + late, 0.0
        for _ in range(min(int(late * source.fps), SKIPS)):
            source.skip()
            self.dropped += 1
            self._due += 1 / source.fps
        self._left.wait(max(0.0, self._due - time.monotonic()))
        self._due += 1 / source.fps
