"""The live show: opens what the options name, starts the threads, and runs the main loop."""

import faulthandler
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from models.build.precision import Precision
from models.errors import OutputError, SetupError, SourceError
from realtime.capture.feed import Capture
from realtime.capture.registry import stands_still
from realtime.capture.same_source import OpenSame
from realtime.capture.source import Source, SourceOptions
from realtime.capture.standby import OpenOrStandBy, waiting
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.controls.settings import RecordSettings, ShowSettings
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.memory.process_memory import keep_heap_compact
from realtime.inference.providers import choose
from realtime.outputs.lost_display import on_lost_display
from realtime.outputs.recorder import Recorder
from realtime.outputs.recording.open_writer import FILMS
from realtime.outputs.recording.paths import check_writable
from realtime.outputs.recording.recover import recover
from realtime.outputs.recording_commands import RecordingCommands
from realtime.outputs.registry import find_output
from realtime.outputs.snapshots import SnapshotWriter
from realtime.outputs.window import Window
from realtime.pace.meter import Meter
from realtime.pace.rate_keeper import RateKeeper
from realtime.show import report
from realtime.show.attract import Attract
from realtime.show.drawing.drawing_threads import DrawingThreads
from realtime.show.kept_file import KeptFile
from realtime.show.make_controls import begin_show
from realtime.show.operator import Operator
from realtime.show.options import LiveOptions
from realtime.show.parts import Parts
from realtime.show.resume import kept_values, resume
from realtime.show.screen import Screen
from realtime.show.setup import announce, open_setup, suggest_fetch
from realtime.show.status import StatusLine
from realtime.supervision.heartbeat import Heartbeat
from realtime.threads.mailbox import Mailbox
from realtime.threads.signals import StopSignals

log = logging.getLogger(__name__)

LOST_FOR = 10.0  # seconds that a show with --frames waits for a lost source; any other waits for ever
RESUME_PERIOD, REPORT_PERIOD = 1.0, 5.0  # seconds between two writes of the files that are kept up to date
HOLD = 120  # frames for which each picture of a folder is shown: four seconds


def run(options: LiveOptions) -> None:
    """The live show, from the first canvas to the last.

    Raises VentralError for wrong input, before anything is shown or written.
    """
    faulthandler.enable()
    keep_heap_compact()
    check_files(options)
    kinds = [find_output(name) for name in options.sink]
    setup = open_setup(options, owners=ACTION_OWNERS)
    begin_show(setup.controls, options.fps)
    if options.resume is not None:
        resume(options.resume, setup.controls)
    if options.fullscreen:
        setup.controls.set("window/fullscreen", True)
    frames: Mailbox[Frame] = Mailbox()
    drawn: Mailbox[Frame] = Mailbox()
    fps, loop = setup.controls.snapshot()[ShowSettings].fps, options.loop or stands_still(options.source)
    opener: Callable[[], Source] = OpenSame(options.source, SourceOptions(loop=loop, hold=HOLD, fps=fps))
    if options.wait:
        opener = OpenOrStandBy(opener, fps, say=waiting)
    elif options.source == "auto" and Window.name in options.sink:
        opener = OpenOrStandBy(opener, fps)
    with ExitStack() as stack:
        signals = stack.enter_context(StopSignals())
        capture = stack.enter_context(Capture(opener, frames, retry=True, endless=loop))
        engine = stack.enter_context(Engine(choose(options.provider), background=True))
        gif_fps = setup.controls.snapshot()[RecordSettings].gif_fps
        recorder = stack.enter_context(Recorder(drawn, folder=options.folder, gif_fps=gif_fps))
        stills = stack.enter_context(SnapshotWriter(drawn, folder=options.folder))
        outputs = [stack.enter_context(kind(drawn, options.canvas_hw)) for kind in kinds]
        announce(setup.network.info, engine.provider)
        suggest_fetch(options, setup.network.info)
        recordings = RecordingCommands(recorder, stills, force=options.force)
        parts = Parts(setup, capture, engine, recorder, recordings, (*outputs, recorder, stills))
        show = Show(options, parts, signals)
        try:
            show.run(frames, drawn)
        finally:
            recordings.finish(signals)
        show.end()


def check_files(options: LiveOptions) -> None:
    """Recover what a killed show left behind, and raise OutputError for files that cannot be written."""
    for folder in {options.folder, *([options.record.parent] if options.record else [])}:
        if not folder.is_dir():
            raise OutputError(f"cannot write to {folder}: there is no such folder; create it or choose another")
        for path in recover(folder):
            log.warning("recovered %s from a show that was killed", path)
    if options.record is not None:
        check_writable(options.record, force=options.force, suffixes=FILMS)
    if options.report is not None:
        check_writable(options.report, force=options.force, suffixes=(".json",))


class Show:
    """What happens between the first canvas and the last."""

    def __init__(self, options: LiveOptions, parts: Parts, signals: StopSignals) -> None:
        self._options, self._parts, self._signals = options, parts, signals
        self._controls = parts.setup.controls
        self._meter = Meter()
        self._heartbeat = Heartbeat()
        self._kept: Sequence[KeptFile] = ()
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
        screen = Screen(parts.outputs, parts.setup, self._meter, self._attract())
        for owner in (screen.operator, parts.recordings, self):
            self._controls.register(owner)
        if screen.has_window:
            on_lost_display(partial(self._lose_display, screen, threads))
        with threads, ExitStack() as stack:
            self._kept = [stack.enter_context(each) for each in self._kept_files(screen, threads)]
            self._loop(screen, threads)
        self._heartbeat.stop()

    def _loop(self, screen: Screen, threads: DrawingThreads) -> None:
        parts, record = self._parts, self._options.record
        status = StatusLine(parts.setup.network.info, self._meter, self._controls, threads.keeper)
        while not (screen.closed or threads.done or self._over()):
            if record is not None and screen.canvas is not None:
                parts.recordings.record_to(record, self._controls)
                record = None
            self._meter.loop()
            threads.set_canvas_hw(screen.canvas_hw(self._options.canvas_hw))
            screen.turn(threads.canvases, lambda canvas: status.at(canvas, parts, screen.feedback))
            self._controls.drain()
            self._heartbeat.beat(ready=screen.canvas is not None)
            for file in self._kept:
                file.turn()
            for thread in (threads, parts.engine, parts.capture):
                thread.check()
        if record is not None:
            raise OutputError(f"{record} was not recorded: the show ended before its first canvas")

    def _lose_display(self, screen: Screen, threads: DrawingThreads) -> None:
        """Finish recording and report, without the window."""
        log.error("the display is gone; the show ends")
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
        """Raise what was wrong with the report or the source."""
        capture = self._parts.capture
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
        return {
            **report.measured(meter),
            "fps": {
                "camera": round(parts.capture.fps, 2),
                "network": round(meter.network.total / meter.elapsed, 2),
                "canvas": round(meter.canvases.total / meter.elapsed, 2),
                "screen": round(meter.screen.total / meter.elapsed, 2),
            },
            "held": keeper.report(),
            "drops": {"capture": parts.capture.dropped, "recorder": parts.recorder.dropped},
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


ACTION_OWNERS: tuple[type, ...] = (Operator, RecordingCommands, Show)
"""The classes whose actions are registered when the show starts."""
