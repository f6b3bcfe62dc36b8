"""Keeps the take of a show (option `--log`): what it sees, and every change of a value, on a thread of its own."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from models.errors import OutputError
from models.files import file_state
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame
from realtime.outputs.output import Output
from realtime.outputs.recording import paths
from realtime.saved_settings.show_record import ShowRecord
from realtime.takes.change_log import ChangeLog
from realtime.takes.take_file import Change, Line
from realtime.takes.waiting_frames import WaitingFrames
from realtime.threads.worker import Worker

if TYPE_CHECKING:
    from realtime.takes.take_draft import TakeDraft  # loads PyAV, which other shows do not need

log = logging.getLogger(__name__)

MOST_FAULTS = 3  # parts in a row that fail within SHORT, after which a take ends
SHORT = 1.0  # seconds
STILL = 0.2  # seconds without a new frame after which a change is kept with the last one
PATIENCE = 60.0  # seconds that the encoder may take to end


class TakeLog(Output):
    """Writes the frames in `frames` and the changes of `controls` to `path` while its context lasts.

    `written` counts the frames in the take, `dropped` those for which there was no time. After a fault, what had been
    written is kept, and the take goes on in a new file, after a full disk as soon as there is room. `record` describes
    the show.
    """

    name = "take"

    def __init__(
        self,
        frames: WaitingFrames,
        controls: Controls,
        path: Path,
        record: ShowRecord,
        *,
        force: bool = False,
    ) -> None:
        super().__init__(frames, (0, 0))
        self.written = self.dropped = 0
        self._frames, self._controls = frames, controls
        self._path, self._replaces = path, file_state(path) if force else None
        self._record = record
        self._draft: TakeDraft | None = None
        self._worker = Worker(self.name, self._step)
        self._last: Frame | None = None
        self._finished = False
        self._origin = 0.0
        self._faults = list[str]()
        self._failures = 0  # in a row

    def __enter__(self) -> Self:
        self._changes = ChangeLog(self._controls)
        self._worker.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def finish(self) -> None:
        """Write what is left, and finish the file; once."""
        self._changes.leave()
        self._worker.stop(PATIENCE)
        if not self._finished and not self._given_up:
            self._try(self._end)
        self._finished = True

    @property
    def seconds(self) -> float:
        """The length of the file so far."""
        return self._draft.seconds if self._draft is not None else 0.0

    @property
    def state(self) -> str:
        """How many seconds have been written."""
        return super().state if self.fault else f"{self.seconds:.0f} s"

    def check(self) -> None:
        """Raise OutputError when the take is not whole."""
        if self._faults:
            raise OutputError("; ".join(self._faults))

    @property
    def _given_up(self) -> bool:
        return self._failures == MOST_FAULTS

    def _step(self) -> None:
        """Write the next frame, or the last one again where a value has changed meanwhile."""
        frame, dropped = self._frames.take(STILL)
        if frame is not None:
            self._try(lambda: self._write(frame, dropped))
        elif self._changes and self._last is not None:
            self._try(self._write_again)

    @property
    def _waits(self) -> bool:
        """Whether nothing can be written after a fault."""
        folder = self._path.parent
        return bool(self.fault) and (self._given_up or not (folder.is_dir() and paths.has_room(folder)))

    def _write_again(self) -> None:
        assert self._last is not None
        self._write(dataclasses.replace(self._last, timestamp=time.monotonic()))

    def _write(self, frame: Frame, dropped: tuple[float, ...] = ()) -> None:
        """Write a frame, with the changes up to its time, and the times of those dropped before it."""
        if self._waits:
            self._changes.until(frame.timestamp)
            return
        draft = self._draft = self._draft or self._begin(frame)
        changes = self._changes.until(frame.timestamp)
        draft.write(
            frame.image,
            Line(
                frame.index,
                frame.timestamp - self._origin,
                tuple(Change(max(each.time - self._origin, 0.0), each.values) for each in changes),
                tuple(each - self._origin for each in dropped if each > self._origin),
            ),
        )
        self.dropped += len(dropped) if self._last is not None else 0
        self._last = frame
        self.written += 1
        self._rate.tick()

    def _begin(self, frame: Frame) -> TakeDraft:
        """Open a file, whose time begins with this frame."""
        from realtime.takes.take_draft import TakeDraft

        self._origin = frame.timestamp
        start = dataclasses.replace(self._record, values=self._changes.values)
        path = paths.free_name(self._path) if self._faults else self._path
        draft = TakeDraft(path, frame.image, start, replaces=None if self._faults else self._replaces)
        self.fault = ""
        return draft

    def _end(self) -> None:
        """Write what waits and the last changes, and finish the file."""
        frame, dropped = self._frames.take(0.0)
        while frame is not None:
            self._write(frame, dropped)
            frame, dropped = self._frames.take(0.0)
        if self._draft is None:
            if not self._faults:
                raise OutputError(f"{self._path} was not written: the source gave no frame")
            return
        if self._changes:
            self._write_again()
        missing = f"; {self.dropped} frames are missing, as the processor was busy" if self.dropped else ""
        log.info("saved %s%s", self._draft.finish(), missing)
        if self._faults:
            self._faults.append(f"the rest, {self._draft.seconds:.1f} s, is in {self._draft.path}")
        self._draft = None

    def _try(self, work: Callable[[], None]) -> None:
        """Do some work; a fault ends the file, and the show goes on."""
        try:
            work()
        except Exception as error:  # a thread must not die unseen
            reason = str(error)
            if not isinstance(error, OutputError):
                reason = f"{type(error).__name__}: {error}"
                log.exception("the take failed")
            self._failures = self._failures + 1 if self.seconds < SHORT else 0
            told = self._draft.rescue(reason) if self._draft is not None else reason
            self._draft = self._last = None
            self._faults.append(told)
            if self._given_up:
                self.fail(OutputError(told))
            else:
                self.fault = f"{self.name} failed: {told}"
                log.error("%s; the take goes on in a new file", self.fault)
