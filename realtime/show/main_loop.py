"""The main loop of a live show: what happens between the first canvas and the last."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from models.build.precision import Precision
from models.errors import OutputError, SetupError, SourceError, is_out_of_memory
from realtime.canvas.composer import Canvas
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame
from realtime.outputs.lost_display import on_lost_display
from realtime.overlay.hud import Status
from realtime.pace.meter import Meter
from realtime.pace.rate_keeper import RateKeeper
from realtime.show.attract import Attract
from realtime.show.drawing.drawing_threads import DrawingThreads
from realtime.show.kept_files import report
from realtime.show.kept_files.kept_file import KeptFile
from realtime.show.kept_files.resume import kept_values
from realtime.show.options import LiveOptions
from realtime.show.parts import Parts
from realtime.show.screen import Screen
from realtime.show.status import StatusLine
from realtime.show.unattended.health.figures_of import figures_of
from realtime.show.unattended.hours import parse_hours
from realtime.show.unattended.schedule import Schedule
from realtime.show.unattended.visitor_lock import VisitorLock
from realtime.supervision.heartbeat import Heartbeat
from realtime.threads.mailbox import Mailbox
from realtime.threads.signals import StopSignals

log = logging.getLogger(__name__)

LOST_FOR = 10.0  # seconds that a show with --frames waits for a lost source; any other waits for ever
RESUME_PERIOD, REPORT_PERIOD = 1.0, 5.0  # seconds between two writes of the files that are kept up to date
STARVED = 0.1  # seconds until a canvas is shown again for which there was no memory


class Show:
    """What happens between the first canvas and the last."""

    def __init__(self, options: LiveOptions, parts: Parts, signals: StopSignals) -> None:
        self._options, self._parts, self._signals = options, parts, signals
        self._controls = parts.setup.controls
        self._meter = Meter()
        self._heartbeat = Heartbeat()
        self._kept: Sequence[KeptFile] = ()
        self._lock = VisitorLock(self._controls) if options.kiosk else None
        self._schedule = Schedule(parse_hours(options.hours), parts.capture) if options.hours else None
        self._quit = False
        self._lost_since: float | None = None

    @action("show/quit", "q", help="quit")
    def quit(self, controls: Controls) -> None:
        """End the show after the current turn."""
        self._quit = True

    def run(self, frames: Mailbox[Frame], drawn: Mailbox[Frame]) -> None:
        """Run the main loop until the show is over; `drawn` gets each canvas for the outputs."""
        parts = self._parts
        threads = DrawingThreads(parts, self._options, self._meter, frames=frames, outputs=drawn)
        screen = Screen(
            parts.outputs, parts.setup, self._meter, self._attract(), lock=self._lock, schedule=self._schedule
        )
        for owner in (screen.operator, *([parts.recordings] if self._options.keys_record else ()), self):
            self._controls.register(owner)
        if parts.health is not None:
            parts.health.figures = lambda: figures_of(
                parts, self._meter, threads.keeper, canvas=screen.canvas, frame=frames.peek(), resting=screen.resting
            )
        if screen.has_window:
            on_lost_display(partial(self._lose_display, screen, threads))
        with threads, ExitStack() as stack:
            self._kept = [stack.enter_context(each) for each in self._kept_files(screen, threads)]
            self._loop(screen, threads)
        self._heartbeat.stop()

    def _loop(self, screen: Screen, threads: DrawingThreads) -> None:
        parts, recorded = self._parts, False
        line = StatusLine(parts.setup.network.info, self._meter, self._controls, threads.keeper)

        def status(canvas: Canvas) -> Status:
            if self._lock is not None and self._lock.locked:
                return line.for_visitors(canvas, parts)
            return line.at(canvas, parts, screen.feedback)

        while not (screen.closed or threads.done or self._over()):
            if not recorded and parts.recorder.has_canvas:
                self._record(screen)
                recorded = True
            self._meter.loop()
            threads.set_canvas_hw(screen.canvas_hw(self._options.canvas_hw))
            try:
                screen.turn(threads.canvases, status)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                time.sleep(STARVED)  # the canvas before stays
            self._controls.drain()
            if self._schedule is not None:
                self._schedule.turn(time.monotonic(), screen.canvas.frame.timestamp if screen.canvas else None)
            self._heartbeat.beat(ready=screen.canvas is not None)
            for file in self._kept:
                file.turn()
            for thread in (threads, parts.engine, parts.capture):
                thread.check()
        self._end_recordings(screen, recorded=recorded)

    def _end_recordings(self, screen: Screen, *, recorded: bool) -> None:
        """End at once what was asked to end, as closing all else takes time."""
        parts, named = self._parts, [*self._options.record, *self._options.record_window]
        if parts.recorder.has_canvas and not recorded:
            self._record(screen)
        parts.recorder.stop()
        if parts.take is not None:
            parts.take.finish()
        if named and not parts.recorder.has_canvas:
            raise OutputError(f"{named[0]} was not recorded: the show ended before its first canvas")

    def _record(self, screen: Screen) -> None:
        """Start the recordings of the command line."""
        for path in self._options.record:
            self._parts.recordings.record_to(path, self._controls)
        for path in self._options.record_window:
            self._parts.recordings.record_to(path, self._controls, screen.pictures)

    def _lose_display(self, screen: Screen, threads: DrawingThreads) -> None:
        """Finish recording, take and report, without the window."""
        log.error("the display is gone; the show ends")
        if self._parts.take is not None:
            self._parts.take.finish()
        try:
            self._parts.recordings.finish(self._signals)
        except OutputError as error:
            log.error("%s", error)
        for file in self._kept_files(screen, threads):
            with file:
                file.turn()

    def _measured(self, screen: Screen, threads: DrawingThreads) -> bytes:
        return report.as_json(self._report(screen.canvas.precision if screen.canvas else None, threads.keeper))

    def _kept_files(self, screen: Screen, threads: DrawingThreads) -> Iterator[KeptFile]:
        """The files that are as new as the show."""
        options = self._options
        if options.resume is not None:
            yield KeptFile(options.resume, partial(kept_values, self._controls), period=RESUME_PERIOD)
        if options.report is not None:
            yield KeptFile(options.report, partial(self._measured, screen, threads), period=REPORT_PERIOD)

    def _attract(self) -> Attract | None:
        idle = self._options.attract
        return Attract(self._controls, self._parts.setup.network.info, idle) if idle is not None else None

    def end(self) -> None:
        """Raise what was wrong with the take, the report or the source."""
        capture, take = self._parts.capture, self._parts.take
        if take is not None:
            take.check()
        for file in self._kept:
            if file.fault and file.path == self._options.report:
                raise OutputError(file.fault)
        if 0 < self._meter.canvases.total == self._meter.failed:
            raise SetupError("no frame could be drawn; see the errors above")
        if capture.ended and capture.lost:
            raise SourceError(capture.lost)
        if capture.ended and "window" in self._options.sink:
            log.info("%s has ended; use --loop to repeat it", capture.name)

    def _over(self) -> bool:
        seconds = self._options.seconds
        self._watch_source()
        return (
            self._quit
            or self._signals.received
            or self._heartbeat.abandoned
            or self._parts.capture.ended
            or (seconds is not None and self._meter.elapsed >= seconds)
        )

    def _watch_source(self) -> None:
        """Log when the source is lost and when it is back; a show with --frames does not wait for ever."""
        capture, now = self._parts.capture, time.monotonic()
        if capture.lost and self._lost_since is None:
            self._lost_since = now
            log.warning("%s", capture.lost)
        elif not capture.lost and self._lost_since is not None:
            self._lost_since = None
            log.info("%s is back", capture.name)
        if self._lost_since and self._options.frames is not None and now - self._lost_since > LOST_FOR:
            raise SourceError(f"{capture.name} was lost and did not come back within {LOST_FOR:g} s")

    def _report(self, precision: Precision | None, keeper: RateKeeper) -> dict[str, Any]:
        parts, meter, values = self._parts, self._meter, self._controls.values()
        info, provider = parts.setup.network.info, parts.engine.provider
        take_drops = parts.take.dropped if parts.take is not None else 0
        return {
            **report.measured(meter),
            "fps": {
                "camera": round(parts.capture.fps, 2),
                "network": round(meter.network.total / meter.elapsed, 2),
                "canvas": round(meter.canvases.total / meter.elapsed, 2),
                "screen": round(meter.screen.total / meter.elapsed, 2),
            },
            "held": keeper.report(),
            "captured": parts.capture.captured,
            "drops": {"capture": parts.capture.dropped, "recorder": parts.recorder.dropped, "take": take_drops},
            "outputs": [
                {"name": each.name, "state": each.state, "fps": round(each.fps, 2), "fault": each.fault}
                for each in parts.outputs
            ],
            "source": parts.capture.name,
            "provider": provider.name,
            "provider_reason": provider.reason,
            "precision": precision,
            "model": info.name,
            "trained": info.trained,
            "view": values["show/view"],
            "layer": values["show/layer"],
            "controls": values,
        }
