"""The recorder: takes of the show, stills, and the last ten seconds, on a clock of its own.

It looks at the newest canvas whenever a picture of the video is due, so video time is wall time whatever the
rate of the show, and no thread of the show ever waits for it.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from models.errors import OutputError
from realtime.imaging.frame import Frame, Image
from realtime.outputs.recording.pace import Pace
from realtime.outputs.recording.paths import claim, new_path
from realtime.outputs.recording.replay import Replay
from realtime.outputs.recording.take import Recording
from realtime.threads.latest import Latest

log = logging.getLogger(__name__)

BUSY = 3
"""So many films may be in the making at once: each has an ffmpeg of its own."""

GRACE = 2.0
"""Seconds for a take that was told to hurry."""


@dataclass(frozen=True, slots=True)
class RecorderStatus:
    """What the status line tells: the take that runs, how many are being finished, and how the last one ended.

    `seconds` is what has been recorded; `dropped` counts, over all takes, the pictures that stand for one that
    came while ffmpeg was busy.
    """

    recording: Path | None = None
    seconds: float = 0.0
    finishing: int = 0
    saved: Path | None = None
    fault: str | None = None
    dropped: int = 0


class Recorder:
    """Records `canvases`; a context manager that finishes everything at its end.

    Files without a name of their own go to `folder`. All methods are for the main thread and return at once, but
    for `finished` and `close`.
    """

    def __init__(self, canvases: Latest[Frame], *, folder: Path, fps: float = 30.0, gif_fps: float = 20.0) -> None:
        self._canvases, self._folder = canvases, folder
        self._fps = {".mp4": fps, ".gif": gif_fps}
        self._lock = threading.Lock()
        self._takes: list[Recording] = []
        self._live: tuple[Recording, Pace] | None = None
        self._saved: Path | None = None
        self._fault: str | None = None
        self._dropped = 0
        self._replay = Replay(fps=gif_fps)
        self._replay_pace = Pace(gif_fps)
        self._memory = threading.Thread(target=self._guard, args=(self._remember,), name="replay", daemon=True)

    def __enter__(self) -> Recorder:
        self._memory.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def status(self) -> RecorderStatus:
        """How things stand now."""
        with self._lock:
            take = self._live[0] if self._live else None
            return RecorderStatus(
                recording=take.path if take else None,
                seconds=take.seconds if take else 0.0,
                finishing=len(self._takes) - (take is not None),
                saved=self._saved,
                fault=self._fault,
                dropped=self._dropped,
            )

    def start(
        self, path: Path | None = None, *, suffix: str = ".gif", fps: float | None = None, force: bool = False
    ) -> Path:
        """Record from now on, to `path` or to a new name; OutputError when that cannot be written."""
        recording = self.status.recording
        if recording is not None:
            raise OutputError(f"{recording} is being recorded already; stop it first")
        path = self._claim(path, suffix, force=force)
        pace = Pace(fps or self._fps[path.suffix.lower()])
        take = Recording(path, self._pictures(pace), fps=pace.fps, force=force, done=self._finished)
        self._live = take, pace
        return self._begin(take)

    def stop(self) -> None:
        """End the recording, if there is one; it is finished in the background."""
        with self._lock:
            if self._live is not None:
                self._live[1].stop()
                self._live = None

    def snapshot(self, image: Image, path: Path | None = None) -> Path:
        """Save one picture as PNG, in the background."""
        path = self._claim(path, ".png", force=False)
        return self._begin(Recording(path, [image], fps=1.0, force=False, done=self._finished))

    def save_replay(self, *, suffix: str = ".gif") -> Path:
        """Save the last ten seconds, in the background."""
        if not len(self._replay):
            raise OutputError("there is nothing to save yet: no picture was shown")
        path = self._claim(None, suffix, force=False)
        pictures = self._replay.pictures()
        return self._begin(Recording(path, pictures, fps=self._replay.fps, force=False, done=self._finished))

    def finished(self, timeout: float) -> bool:
        """Wait for the takes that are being finished; whether none is left."""
        with self._lock:
            takes = [take for take in self._takes if self._live is None or take is not self._live[0]]
        end = time.monotonic() + timeout
        return all(take.join(max(end - time.monotonic(), 0.0)) for take in takes)

    def close(self, timeout: float = 60.0) -> None:
        """Finish everything; a GIF that would take longer than `timeout` seconds is kept as an MP4."""
        self.stop()
        self._replay_pace.stop()
        end = time.monotonic() + timeout
        with self._lock:
            takes = list(self._takes)
        slow = [take for take in takes if not take.join(max(end - time.monotonic(), 0.0))]
        for take in slow:
            take.hurry()
        for take in slow:
            take.join(GRACE)
        if self._memory.ident is not None:
            self._memory.join(GRACE)

    def _claim(self, path: Path | None, suffix: str, *, force: bool) -> Path:
        with self._lock:
            busy = [take.path for take in self._takes]
        films = [each for each in busy if each.suffix != ".png"]
        if suffix != ".png" and len(films) >= BUSY:
            raise OutputError(f"{films[0].name} and others are still being finished; try again when they are saved")
        path = path or new_path(self._folder, suffix, taken=busy)
        if path in busy:
            raise OutputError(f"{path} is being written already; wait for it or choose another name")
        return claim(path, force=force, suffixes=(".png",) if suffix == ".png" else tuple(self._fps))

    def _begin(self, take: Recording) -> Path:
        with self._lock:
            self._fault = None
            self._takes.append(take)
        take.start()
        return take.path

    def _finished(self, take: Recording) -> None:
        with self._lock:
            self._takes.remove(take)
            if self._live is not None and self._live[0] is take:
                self._live = None
            if take.fault is None:
                self._saved = take.path
            else:
                self._fault = take.fault
        log.log(logging.INFO if take.fault is None else logging.ERROR, "%s", take.fault or f"saved {take.path}")

    def _pictures(self, pace: Pace) -> Iterator[Image]:
        """The newest canvas for every slot of the video."""
        while due := pace.wait():
            frame = self._canvases.peek()
            if frame is not None:
                self._dropped += due - 1
                yield from itertools.repeat(frame.image, due)

    def _remember(self) -> None:
        while due := self._replay_pace.wait():
            frame = self._canvases.peek()
            if frame is not None:
                self._replay.add(frame.image, times=due)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            log.exception("the recorder failed")
            self._fault = f"the recorder failed: {error}"
