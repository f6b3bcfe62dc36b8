"""The wiring of the live show: opens what the Config names, starts the threads, and turns the main loop."""

from __future__ import annotations

import faulthandler
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from models.errors import OutputError, SetupError, SourceError
from realtime.capture.feed import Capture
from realtime.capture.opening import open_source, stands_still
from realtime.controls.presses import dream_of_tile, next_preset
from realtime.controls.settings import RecordSettings, ShowSettings
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.providers import choose
from realtime.outputs.recorder import Recorder
from realtime.outputs.recording.paths import claim
from realtime.outputs.recording.sinks import recover
from realtime.outputs.recording_commands import RecordingCommands
from realtime.outputs.window import NoWindow, Window, require_display
from realtime.show import report
from realtime.show.config import LiveOptions
from realtime.show.hud import Status
from realtime.show.look import RenderSetup, announce, open_setup
from realtime.show.meter import Meter
from realtime.show.pipeline import Canvas
from realtime.show.rendering import Rendering
from realtime.show.screen import Screen
from realtime.threads.latest import Latest
from realtime.threads.signals import StopSignals
from realtime.threads.worker import Worker

log = logging.getLogger(__name__)

LOST_FOR = 10.0
"""Seconds that a show of a number of frames waits for a lost source; any other waits for ever."""

REASON_FOR = 10.0
"""Seconds at the start in which the status line says why there is no GPU; that one failed is said to the end."""

HOLD = 120
"""Frames that each picture of a folder is shown: four seconds."""


def run(config: LiveOptions) -> None:
    """The live show, from the first picture to the last.

    Raises VentralError for whatever is wrong with what the user gave, before anything is shown or written.
    """
    faulthandler.enable()
    config.check()
    check_outputs(config)
    if config.sink == "window":
        require_display()
    look = open_setup(config)
    frames: Latest[Frame] = Latest()
    pictures: Latest[Frame] = Latest()
    loop = config.loop or stands_still(config.source)
    opener = partial(open_source, config.source, loop=loop, hold=HOLD)
    gif_fps = look.controls.snapshot()[RecordSettings].gif_fps
    with (
        StopSignals() as signals,
        Capture(opener, frames, retry=True) as capture,
        Engine(choose(config.provider), beside=True) as engine,
        Recorder(pictures, folder=config.folder, gif_fps=gif_fps) as recorder,
    ):
        announce(look.network.info, engine.provider)
        takes = RecordingCommands(recorder, look.controls, force=config.force)
        show = Show(config, look, capture=capture, engine=engine, takes=takes, signals=signals)
        try:
            show.run(frames, pictures)
        finally:
            takes.finish(signals)
        show.end()


def check_outputs(config: LiveOptions) -> None:
    """Publish what a killed show left, and raise for what would go wrong at the end, now."""
    folders = {config.folder, *([config.record.parent] if config.record else [])}
    for folder in folders:
        if not folder.is_dir():
            raise OutputError(f"cannot write to {folder}: there is no such folder; create it or choose another")
        for path in recover(folder):
            log.warning("%s was left by a show that was killed", path)
    if config.record is not None:
        claim(config.record, force=config.force, suffixes=(".mp4", ".gif"))
    if config.report is not None:
        claim(config.report, force=config.force, suffixes=(".json",))


class Show:
    """What happens between the first picture and the last."""

    def __init__(
        self,
        config: LiveOptions,
        look: RenderSetup,
        *,
        capture: Capture,
        engine: Engine,
        takes: RecordingCommands,
        signals: StopSignals,
    ) -> None:
        self._config = config
        self._look = look
        self._capture = capture
        self._engine = engine
        self._takes = takes
        self._signals = signals
        self._meter = Meter()
        self._measured: dict[str, Any] = {}
        self._quit = False
        self._lost_since: float | None = None

    def run(self, frames: Latest[Frame], pictures: Latest[Frame]) -> None:
        """Turn the main loop until the show is over; `pictures` gets each canvas for the recorder."""
        canvases: Latest[Canvas] = Latest()
        rendering = Rendering(
            self._look.pipeline(self._engine, self._config),
            self._look.controls,
            self._meter,
            frames=frames,
            canvases=canvases,
            pictures=pictures,
            limit=self._config.frames,
        )
        window = Window(self._config.canvas_hw) if self._config.sink == "window" else NoWindow()
        with window, Worker("render", rendering.step) as worker:
            screen = Screen(window, self._look.controls, self._meter, self._look.network.info)
            self._loop(screen, canvases, rendering, worker)
            self._measured = self._facts()

    def _loop(self, screen: Screen, canvases: Latest[Canvas], rendering: Rendering, worker: Worker) -> None:
        actions, asked = self._actions(screen), self._config.record
        while not (screen.closed or rendering.done or self._over()):
            if asked is not None and screen.canvas is not None:
                self._takes.start(asked)
                asked = None
            self._meter.loop()
            screen.turn(canvases, partial(self._status, screen))
            for path in self._look.controls.fired():
                actions[path]()
            for thread in (worker, self._engine, self._capture):
                thread.check()
        if asked is not None:
            raise OutputError(f"{asked} was not recorded: the show ended before its first picture")

    def end(self) -> None:
        """Write the report, and raise what was wrong with the source."""
        if self._config.report is not None:
            report.write_report(self._config.report, self._measured)
        if 0 < self._meter.network.total == self._meter.failed:
            raise SetupError("no frame could be drawn; the lines above say why")
        if self._capture.ended and self._capture.lost:
            raise SourceError(self._capture.lost)
        if self._capture.ended and self._config.sink == "window":
            log.info("%s has ended; --loop starts it again", self._capture.name)

    def quit(self) -> None:
        """End the show after the present turn."""
        self._quit = True

    def _actions(self, screen: Screen) -> dict[str, Callable[[], None]]:
        """What the triggers of the table of controls do."""
        return {
            "do/record": self._takes.toggle,
            "do/replay": self._takes.save_replay,
            "do/snapshot": lambda: self._takes.snapshot(screen.canvas.frame.image) if screen.canvas else None,
            "do/reset": self._look.controls.reset,
            "do/preset": partial(next_preset, self._look.controls, self._look.network.info),
            "do/tile": partial(dream_of_tile, self._look.controls),
            "do/quit": self.quit,
            "tiles/left": partial(screen.move, -1, 0),
            "tiles/right": partial(screen.move, 1, 0),
            "tiles/up": partial(screen.move, 0, -1),
            "tiles/down": partial(screen.move, 0, 1),
        }

    def _over(self) -> bool:
        seconds = self._config.seconds
        self._watch_source()
        return (
            self._quit
            or self._signals.asked
            or self._capture.ended
            or (seconds is not None and self._meter.elapsed >= seconds)
        )

    def _watch_source(self) -> None:
        """Tell when the source is lost and back; a show with a number of pictures to make does not wait for ever."""
        lost, now = self._capture.lost, time.monotonic()
        if lost and self._lost_since is None:
            self._lost_since = now
            log.warning("%s", lost)
        elif not lost and self._lost_since is not None:
            self._lost_since = None
            log.info("%s is back", self._capture.name)
        if self._lost_since and self._config.frames is not None and now - self._lost_since > LOST_FOR:
            raise SourceError(f"{lost}; gave up after {LOST_FOR:g} s")

    def _status(self, screen: Screen, canvas: Canvas) -> Status:
        """What the status line says now."""
        meter, info, provider = self._meter, self._look.network.info, self._engine.provider
        latency = meter.latency.percentile_ms(50, last=30)
        take = self._takes.status
        notice, wrong = self._takes.notice()
        return Status(
            network=f"{info.name} {self._config.precision}",
            untrained=not info.trained,
            provider=provider.name,
            rates=f"camera {self._capture.fps:.0f} · net {meter.network.value():.0f}"
            f" · screen {meter.screen.value():.0f} fps",
            latency=f"{latency:.0f} ms" if latency is not None else "",
            recording=f"REC {take.seconds:.0f} s" if take.recording else "writing" if take.finishing else "",
            notice=screen.answer or self._notice(canvas, "" if wrong else notice),
            alarm=self._capture.lost or canvas.fault or (notice if wrong else ""),
        )

    def _notice(self, canvas: Canvas, saved: str) -> str:
        """The one thing worth saying beside the figures: what is coming, what was saved, what is odd."""
        provider = self._engine.provider
        reason = provider.reason if self._meter.elapsed < REASON_FOR or "failed" in (provider.reason or "") else None
        making = f"making {canvas.waiting}" if canvas.waiting else ""
        return (
            making
            or saved
            or ("frozen" if canvas.settings[ShowSettings].freeze else "")
            or canvas.note
            or self._capture.oddity
            or (f"on the {provider.name}: {reason}" if reason else "")
        )

    def _facts(self) -> dict[str, Any]:
        show, provider, meter = self._look.controls.snapshot()[ShowSettings], self._engine.provider, self._meter
        return {
            **report.measured(meter),
            "fps": {
                "camera": round(self._capture.fps, 2),
                "network": round(meter.network.total / meter.elapsed, 2),
                "screen": round(meter.screen.total / meter.elapsed, 2),
            },
            "drops": {"capture": self._capture.dropped, "recorder": self._takes.status.dropped},
            "source": self._capture.name,
            "provider": provider.name,
            "provider_reason": provider.reason,
            "precision": self._config.precision,
            "model": self._look.network.info.name,
            "trained": self._look.network.info.trained,
            "view": show.view,
            "layer": show.layer,
            "controls": self._look.controls.values(),
        }
