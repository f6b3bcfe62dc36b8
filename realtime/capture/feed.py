"""The live show's supply of frames: reads a source into the mailbox, and opens it again when it is lost."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType

from realtime.capture.reader import Reader
from realtime.capture.source import EndOfSource, Source
from realtime.capture.source_health import HealthLimits
from realtime.imaging.frame import Frame, Image
from realtime.threads.latest import Latest
from realtime.threads.worker import Worker

PATIENCE = HealthLimits()


class Capture:
    """Puts the pictures of a source into `frames` while the context lasts.

    Entering opens the source on the calling thread and raises its SourceError. Files, pictures and the
    pattern keep to the wall clock; live sources run as fast as they come. A live source that is lost later
    is opened again for ever when `retry` is set; everything else has then `ended`. `lost` says it in words.
    """

    def __init__(
        self,
        opener: Callable[[], Source],
        frames: Latest[Frame],
        *,
        retry: bool,
        patience: HealthLimits = PATIENCE,
    ) -> None:
        self.ended = False
        self._opener = opener
        self._frames = frames
        self._retry = retry
        self._patience = patience
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watch = Worker("capture", self._follow)
        self._generation = 0
        self._index = 0
        self._failures = 0
        self._lost: str | None = None
        self._left_behind: list[Reader] = []

    def __enter__(self) -> Capture:
        self._source = self._opener()
        self._reader = Reader(self._opener, partial(self._put, self._generation), source=self._source)
        self._watch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End within a second, even when the driver does not answer."""
        self._stopping.set()
        self._watch.stop(timeout=0.4)
        self._abandon()
        self._reader.join(timeout=0.4)

    @property
    def source(self) -> Source:
        """The source as it was last opened: its name, its pace, and what else it knows about itself."""
        return self._reader.source or self._source

    @property
    def name(self) -> str:
        """The source's name."""
        return self.source.name

    @property
    def fps(self) -> float:
        """The rate measured over the last 30 pictures; 0 before the second."""
        pulse = self._reader.pulse
        return pulse.fps if pulse else 0.0

    @property
    def dropped(self) -> int:
        """Pictures of a file that were passed over to keep time."""
        return self._reader.dropped

    @property
    def lost(self) -> str | None:
        """Why no picture comes, in words for the screen; None while they come."""
        return self._lost

    @property
    def oddity(self) -> str | None:
        """What is strange about a source that gives pictures, such as that they are all the same; or None."""
        murmur = None if self._lost else self._reader.murmur(self._patience)
        return f"{self.name}: {murmur}" if murmur else None

    def check(self) -> None:
        """Raise what ended the capture, if it was no fault of the source."""
        self._watch.check()

    def _put(self, generation: int, image: Image, timestamp: float) -> None:
        with self._lock:
            if generation != self._generation:
                return
            self._frames.put(Frame(image, self._index, timestamp))
            self._index += 1
            self._lost = None

    def _follow(self) -> None:
        """Watch one life of the source, and see to the next."""
        try:
            reason = self._until_lost()
        except EndOfSource:
            self._end(None)
            return
        if reason is not None and self._retry and self._source.live:
            self._again(reason)
        elif reason is not None:
            self._end(f"{self.name} lost: {reason}" if self._source.live else reason)

    def _until_lost(self) -> str | None:
        while not self._stopping.wait(self._patience.look):
            if reason := self._reader.trouble(self._patience):
                return reason
        return None

    def _end(self, fault: str | None) -> None:
        self._abandon()
        self._lost = fault
        self.ended = True
        self._stopping.wait()

    def _again(self, reason: str) -> None:
        """Open the source again after a pause that grows from failure to failure."""
        pulse = self._reader.pulse
        self._failures = 0 if pulse and pulse.steady else self._failures + 1
        pause = self._patience.pauses[min(self._failures, len(self._patience.pauses) - 1)]
        self._abandon()
        self._lost = f"{self.name} lost: {reason}, trying again in {pause:g} s"
        while not self._stopping.wait(pause * random.uniform(0.8, 1.2)):
            if len(self._left_behind) < self._patience.stuck:
                self._start_reader()
                return
            self._left_behind = [reader for reader in self._left_behind if reader.alive]

    def _start_reader(self) -> None:
        self._source = self.source
        pulse = self._reader.pulse
        before = pulse.sample if pulse else None
        self._reader = Reader(self._opener, partial(self._put, self._generation), before=before)

    def _abandon(self) -> None:
        """Leave the present reader behind: from now on nothing that it reads counts."""
        with self._lock:
            self._generation += 1
        self._reader.leave()
        self._left_behind = [reader for reader in (*self._left_behind, self._reader) if reader.alive]
