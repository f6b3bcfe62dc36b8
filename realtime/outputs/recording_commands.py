"""The actions for recordings and snapshots, and what the status line says about them."""

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from models.errors import OutputError
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.controls.settings import RecordSettings
from realtime.controls.value import Scalar
from realtime.imaging.frame import Frame
from realtime.outputs.recorder import Recorder
from realtime.outputs.snapshots import SnapshotWriter
from realtime.threads.mailbox import Mailbox
from realtime.threads.signals import StopSignals

log = logging.getLogger(__name__)

NOTICE = 5.0  # seconds that a notice stays on the status line
PATIENCE = 600.0  # seconds that a recording may take to be finished at the end of the show


class RecordingCommands:
    """Starts and stops recordings; what fails is reported, and the show goes on. Main thread only."""

    def __init__(self, recorder: Recorder, stills: SnapshotWriter, *, force: bool) -> None:
        self._recorder, self._stills, self._force = recorder, stills, force
        self._requested = list[Path]()
        self._notice: tuple[str, bool, float] = ("", False, 0.0)
        self._seen = self._news()

    @action("record/start-stop", "r", help="start or stop recording")
    def toggle(self, controls: Controls) -> None:
        """Start a recording, or stop all that run."""
        if self._recorder.status.recording:
            self._recorder.stop()
        else:
            self._try(partial(self._start, controls))

    @action("record/replay", "e", help="save the last seconds")
    def save_replay(self, controls: Controls) -> str:
        """Save what was shown last."""
        settings = controls.snapshot()[RecordSettings]
        save = partial(self._recorder.save_replay, suffix=f".{settings.format}", settings=settings)
        return f"saving the last {settings.replay_seconds:g} s" if self._try(save) else ""

    @action("record/snapshot", "w", help="save a snapshot")
    def save_snapshot(self, controls: Controls) -> None:
        """Save the current canvas."""
        self._try(self._stills.save)

    def follow(self, controls: Controls) -> None:
        """Keep as much for a replay as `record/replay_seconds` says, from now on."""
        self._recorder.replay.seconds = controls.snapshot()[RecordSettings].replay_seconds

        def change(path: str, value: Scalar) -> None:
            if path == "record/replay_seconds":
                self._recorder.replay.seconds = float(value)

        controls.subscribe(change)

    def record_to(self, path: Path, controls: Controls, pictures: Mailbox[Frame] | None = None) -> None:
        """Record to `path`, which the command line asks for, and which was checked at the start."""
        self._start(controls, path, pictures)
        self._requested.append(path)

    def notice(self) -> tuple[str, bool]:
        """What was saved or failed in the last seconds, and whether it failed."""
        for news, seen in zip(self._news(), self._seen, strict=True):
            if news != seen and news[0]:
                self._notice = (*news, time.monotonic() + NOTICE)
        self._seen = self._news()
        text, failed, until = self._notice
        return (text, failed) if time.monotonic() < until else ("", False)

    def finish(self, signals: StopSignals) -> None:
        """Stop recording and wait until the files are whole; OutputError when a requested one is not."""
        self._recorder.stop()
        signals.ending = True
        if self._recorder.status.finishing:
            log.info("finishing the recording; Ctrl-C stops at once")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < min(end, signals.deadline or end):
            if self._recorder.finished(0.1) and self._stills.finished(0.1):
                break
        self._recorder.close(timeout=0.0)
        faults = [fault for path in self._requested if (fault := self._recorder.outcome(path))]
        if faults:
            raise OutputError("; ".join(faults))

    def _start(self, controls: Controls, path: Path | None = None, pictures: Mailbox[Frame] | None = None) -> None:
        settings = controls.snapshot()[RecordSettings]
        suffix = path.suffix if path else f".{settings.format}"
        fps = settings.gif_fps if suffix.lower() in (".gif", ".webp") else None
        self._recorder.start(
            path,
            suffix=suffix,
            fps=fps,
            force=self._force,
            settings=settings,
            pictures=pictures,
            checked=path is not None,
        )

    def _news(self) -> tuple[tuple[str, bool], ...]:
        """The newest fault and the newest file of each output, as a text and whether it is a fault."""
        recorder, stills = self._recorder, self._stills
        film = _saved(recorder.saved, f", {recorder.note}; . gives MP4" if recorder.note else "")
        return (recorder.fault, True), (stills.fault, True), (film, False), (_saved(stills.saved), False)

    def _try(self, work: Callable[[], object]) -> bool:
        """Do something that may fail, and note why; whether it did not."""
        try:
            work()
        except OutputError as error:
            self._notice = str(error), True, time.monotonic() + NOTICE
            log.error("%s", error)
            return False
        return True


def _saved(path: Path | None, note: str = "") -> str:
    return f"saved {path.name}{note}" if path else ""
