"""What the keys for recording do, and what the status line says about it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from models.errors import OutputError
from realtime.controls.controls import Controls
from realtime.controls.settings import RecordSettings
from realtime.imaging.frame import Image
from realtime.outputs.recorder import Recorder, RecorderStatus
from realtime.threads.signals import StopSignals

log = logging.getLogger(__name__)

NOTICE = 5.0
"""Seconds that a notice stays on the status line."""

PATIENCE = 600.0
"""Seconds that a recording may take to be finished at the end of the show."""


class RecordingCommands:
    """Starts and stops recordings for the show; what fails is said, and the show goes on. Main thread only."""

    def __init__(self, recorder: Recorder, controls: Controls, *, force: bool) -> None:
        self._recorder = recorder
        self._controls = controls
        self._force = force
        self._asked: Path | None = None
        self._before: int | None = None
        self._known = recorder.status
        self._notice: tuple[str, bool, float] = ("", False, 0.0)

    def toggle(self) -> None:
        """Start a take, or stop the one that runs."""
        if self._recorder.status.recording:
            self._recorder.stop()
        else:
            self._try(self._start)

    def start(self, path: Path) -> None:
        """Record to `path` as the command line asked; OutputError when that cannot begin."""
        self._asked, self._before = path, _written_at(path)
        self._start(path)

    def save_replay(self) -> None:
        """Keep what was just seen."""
        suffix = f".{self._controls.snapshot()[RecordSettings].format}"
        self._try(partial(self._recorder.save_replay, suffix=suffix))

    def snapshot(self, image: Image) -> None:
        """Keep one picture."""
        self._try(partial(self._recorder.snapshot, image))

    def notice(self) -> tuple[str, bool]:
        """What was just saved or went wrong, and whether it went wrong; nothing after a few seconds."""
        status = self._recorder.status
        if status.fault and status.fault != self._known.fault:
            self._notice = status.fault, True, time.monotonic() + NOTICE
        elif status.saved and status.saved != self._known.saved:
            self._notice = f"saved {status.saved.name}", False, time.monotonic() + NOTICE
        self._known = status
        words, wrong, until = self._notice
        return (words, wrong) if time.monotonic() < until else ("", False)

    @property
    def status(self) -> RecorderStatus:
        """How the recorder stands."""
        return self._recorder.status

    def finish(self, signals: StopSignals) -> None:
        """End every recording and wait until the files are whole; OutputError when the one asked for is not."""
        self._recorder.stop()
        signals.ending = True
        if self._recorder.status.finishing:
            log.info("finishing the recording; Ctrl-C stops at once")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < min(end, signals.deadline or end) and not self._recorder.finished(0.1):
            pass
        self._recorder.close(timeout=0.0)
        if self._asked is not None and _written_at(self._asked) == self._before:
            raise OutputError(f"{self._asked} was not finished; the lines above say why")

    def _start(self, path: Path | None = None) -> None:
        settings = self._controls.snapshot()[RecordSettings]
        suffix = path.suffix if path else f".{settings.format}"
        fps = settings.gif_fps if suffix.lower() == ".gif" else None
        self._recorder.start(path, suffix=suffix, fps=fps, force=self._force)

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OutputError as error:
            self._notice = str(error), True, time.monotonic() + NOTICE
            log.error("%s", error)


def _written_at(path: Path) -> int | None:
    """When a file was last written, or None where there is none: --force may replace an older one."""
    return path.stat().st_mtime_ns if path.exists() else None
