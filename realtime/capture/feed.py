"""The capture of the live show: reads a source into the mailbox of frames, and reopens it when it is lost."""

import logging
import random
import threading
from collections.abc import Callable
from functools import partial
from typing import Self

from realtime.capture.reader import Reader
from realtime.capture.source import EndOfSource, Source
from realtime.capture.source_health import HealthLimits
from realtime.imaging.frame import Frame, Image
from realtime.threads.mailbox import Mailbox
from realtime.threads.worker import Worker

log = logging.getLogger(__name__)

LIMITS = HealthLimits()


class Capture:
    """Puts the frames of a source into `frames` while the context lasts.

    Entering opens the source on the calling thread and raises its SourceError. Files, pictures and the pattern follow
    the wall clock; live sources run as fast as they deliver. With `retry`, a live source that is lost is reopened until
    it works again, and with `endless` any other one too; else it has `ended`. `lost` is the reason, and `reconnects`
    counts the attempts.
    """

    def __init__(
        self,
        opener: Callable[[], Source],
        frames: Mailbox[Frame],
        *,
        retry: bool,
        endless: bool = False,
        limits: HealthLimits = LIMITS,
    ) -> None:
        self.ended = False
        self.reconnects = 0
        self._opener = opener
        self._frames = frames
        self._retry, self._endless = retry, endless
        self._limits = limits
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._resting = threading.Event()
        self._watch = Worker("capture", self._follow)
        self._generation = 0
        self._index = 0
        self._failures = 0
        self._lost: str | None = None
        self._abandoned: list[Reader] = []
        self._logged: set[type[Exception]] = set()

    def __enter__(self) -> Self:
        self._source = self._opener()
        self._reader = Reader(self._opener, partial(self._put, self._generation), source=self._source)
        self._watch.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """End within a second, even when the driver hangs."""
        self._stopping.set()
        self._watch.stop(timeout=0.4)
        self._abandon()
        self._reader.join(timeout=0.4)

    @property
    def name(self) -> str:
        """The name of the source as last opened."""
        return (self._reader.source or self._source).name

    @property
    def notice(self) -> str:
        """What the window says about the source; empty for most."""
        return (self._reader.source or self._source).notice

    @property
    def fps(self) -> float:
        """The rate over the last 30 frames; 0 before the second frame, and at rest."""
        return self._reader.health.fps if self._reader.health and not self._resting.is_set() else 0.0

    @property
    def rate(self) -> float:
        """The frames per second that the source gives: as measured where it is live, else as it says."""
        source, health = self._reader.source or self._source, self._reader.health
        return health.fps if source.live and health is not None and health.steady else source.fps

    @property
    def captured(self) -> int:
        """Frames that the source has given so far, without those that were dropped."""
        return self._index

    @property
    def dropped(self) -> int:
        """Frames of a file that were skipped to keep pace."""
        return self._reader.dropped

    @property
    def lost(self) -> str | None:
        """Why no frame comes, for the status line; None while frames come."""
        return self._lost

    @property
    def warning(self) -> str | None:
        """What may be wrong with a source that gives frames, such as identical ones; or None."""
        warning = None if self._lost else self._reader.warning(self._limits)
        return f"{self.name}: {warning}" if warning else None

    def rest(self, *, on: bool) -> None:
        """Close the source and read nothing, or open it again; any thread may call this."""
        if on:
            self._resting.set()
        else:
            self._resting.clear()

    def check(self) -> None:
        """Raise the exception that ended the capture, unless the source was at fault."""
        self._watch.check()

    def _put(self, generation: int, image: Image, timestamp: float, is_frozen: bool) -> None:
        with self._lock:
            if generation != self._generation:
                return
            self._frames.put(Frame(image, self._index, timestamp))
            self._index += 1
            if not is_frozen:
                self._lost = None
            elif self._lost:
                self._lost = f"{self.name} still gives the same frame"

    def _follow(self) -> None:
        """Watch the source until it is lost, then reopen it or end; at rest, leave it."""
        if self._resting.is_set():
            self._rest()
            return
        try:
            reason = self._until_lost()
        except EndOfSource:
            self._end(None)
            return
        if reason is not None and self._retry and (self._source.live or self._endless):
            self._reopen(reason)
        elif reason is not None:
            self._end(f"lost {self.name} ({reason})" if self._source.live else f"{self.name}: {reason}")

    def _until_lost(self) -> str | None:
        while not (self._stopping.wait(self._limits.interval) or self._resting.is_set()):
            if reason := self._reader.fault(self._limits):
                return reason
        return None

    def _rest(self) -> None:
        self._abandon()
        self._lost = None
        while self._resting.is_set():
            if self._stopping.wait(self._limits.interval):
                return
        self._start_reader()

    def _end(self, fault: str | None) -> None:
        self._abandon()
        self._lost = fault
        self.ended = True
        self._stopping.wait()

    def _reopen(self, reason: str) -> None:
        """Reopen the source after a pause that grows with each failure."""
        self._log_unexpected()
        health = self._reader.health
        self._failures = 0 if health and health.steady else self._failures + 1
        pause = self._limits.pauses[min(self._failures, len(self._limits.pauses) - 1)]
        self._abandon()
        again = "reconnecting" if self._source.live else "trying again"
        self._lost = f"lost {self.name} ({reason}); {again} in {pause:g} s"
        while not self._stopping.wait(pause * random.uniform(0.8, 1.2)):
            if self._resting.is_set():
                self._rest()
                return
            if len(self._abandoned) < self._limits.stuck:
                self.reconnects += 1
                self._start_reader()
                return
            self._abandoned = [reader for reader in self._abandoned if reader.is_alive()]

    def _log_unexpected(self) -> None:
        """Log the traceback of an error once for each kind."""
        error = self._reader.unexpected
        if error is not None and type(error) not in self._logged:
            self._logged.add(type(error))
            log.error("%s failed", self.name, exc_info=error)

    def _start_reader(self) -> None:
        self._source = self._reader.source or self._source
        health = self._reader.health
        frozen = health.frozen if health and health.warning(self._limits) else None
        self._reader = Reader(self._opener, partial(self._put, self._generation), frozen=frozen)

    def _abandon(self) -> None:
        """Abandon the current reader and ignore what it still reads."""
        with self._lock:
            self._generation += 1
        self._reader.leave()
        self._abandoned = [reader for reader in (*self._abandoned, self._reader) if reader.is_alive()]
