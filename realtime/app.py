"""The wiring of the live show: opens what the Config names, starts the threads, and turns the main loop."""

from __future__ import annotations

import faulthandler
import logging
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from models.errors import OutputError, SourceError
from models.network import open_network
from models.spec import Network
from realtime import report
from realtime.capture.feed import Capture
from realtime.capture.opening import open_source, stands_still
from realtime.config import Config
from realtime.controls import Controls
from realtime.engine import Engine
from realtime.frame import Frame
from realtime.hud import Status
from realtime.latest import Latest
from realtime.meter import Meter
from realtime.pipeline import Canvas, Pipeline
from realtime.providers import choose
from realtime.recording.output import claim
from realtime.recording.recorder import Recorder
from realtime.rendering import Rendering
from realtime.screen import Screen
from realtime.settings import RecordSettings, ShowSettings
from realtime.signals import stop_signals
from realtime.table import configure, make_controls
from realtime.views import ALL
from realtime.window import NoWindow, Window, require_display
from realtime.worker import Worker

log = logging.getLogger(__name__)

LOST_FOR = 10.0
"""Seconds that a show with an end waits for a lost source; one without an end waits for ever."""

PATIENCE, HURRY = 60.0, 4.0
"""Seconds in which recordings are finished at the end, and when the system asks to end: it kills soon after."""

HOLD = 120
"""Frames that each picture of a folder is shown: four seconds."""

NOTICE = 4.0
"""Seconds that a notice stays on the status line."""


def run(config: Config) -> None:
    """The live show, from the first picture to the last.

    Raises VentralError for whatever is wrong with what the user gave, before anything is shown or written.
    """
    faulthandler.enable()
    check_outputs(config)
    network = open_network(config.model)
    views = [view() for view in ALL]
    controls = make_controls(network.info, views)
    configure(controls, config, network.info)
    frames: Latest[Frame] = Latest()
    loop = config.loop or stands_still(config.source)
    opener = partial(open_source, config.source, loop=loop, hold=HOLD)
    with (
        Capture(opener, frames, retry=True) as capture,
        Engine(choose(config.provider)) as engine,
    ):
        pipeline = Pipeline(network, engine, views, canvas_hw=config.canvas_hw, short_side=config.size)
        announce(network, engine)
        with Show(config, network, controls, capture, engine, pipeline, frames) as show:
            show.run()


def check_outputs(config: Config) -> None:
    """Raise for what would go wrong at the end, now."""
    config.check()
    for output in (config.record, config.report):
        if output is not None:
            claim(output, force=config.force)
    if config.sink == "window":
        require_display()


def announce(network: Network, engine: Engine) -> None:
    """Say on the terminal what runs where, and loudly that a network has learned nothing."""
    if not network.info.trained:
        hint = "random weights; for real ones run: ventral export vgg16"
        log.warning("%s is UNTRAINED (%s)", network.info.name, hint)
    if engine.provider.reason:
        log.info("running on the %s: %s", engine.provider.name, engine.provider.reason)


class Show:
    """Everything that runs between the first picture and the last; a context manager."""

    def __init__(  # noqa: PLR0913, the wiring
        self,
        config: Config,
        network: Network,
        controls: Controls,
        capture: Capture,
        engine: Engine,
        pipeline: Pipeline,
        frames: Latest[Frame],
    ) -> None:
        self._config = config
        self._network = network
        self._controls = controls
        self._capture = capture
        self._engine = engine
        self._meter = Meter()
        self._canvases: Latest[Canvas] = Latest()
        pictures: Latest[Frame] = Latest()
        self._rendering = Rendering(
            pipeline,
            controls,
            self._meter,
            frames=frames,
            canvases=self._canvases,
            pictures=pictures,
            limit=config.frames,
        )
        self._recorder = Recorder(pictures, folder=config.folder)
        self._worker = Worker("render", self._rendering.step)
        self._stack = ExitStack()
        self._quit = False
        self._patience = PATIENCE
        self._notice: tuple[str, float] = ("", 0.0)
        self._saved: Path | None = None
        self._lost_since: float | None = None

    def __enter__(self) -> Show:
        config, enter = self._config, self._stack.enter_context
        enter(stop_signals(self._on_signal))
        self._recorder.__enter__()
        self._stack.callback(self._finish_recordings)
        window: Window | NoWindow = Window(config.canvas_hw) if config.sink == "window" else NoWindow()
        enter(window)
        enter(self._worker)
        self._screen = Screen(window, self._controls, self._meter, self._network.info)
        self._actions: dict[str, Callable[[], None]] = {
            "do/record": self._toggle_recording,
            "do/replay": partial(self._try, self._recorder.save_replay),
            "do/snapshot": self._snapshot,
            "do/reset": self._controls.reset,
            "do/quit": self.quit,
            "tiles/left": partial(self._screen.move, -1, 0),
            "tiles/right": partial(self._screen.move, 1, 0),
            "tiles/up": partial(self._screen.move, 0, -1),
            "tiles/down": partial(self._screen.move, 0, 1),
        }
        return self

    def __exit__(self, *details: Any) -> None:
        self._stack.__exit__(*details)

    def quit(self) -> None:
        """End the show after the present turn."""
        self._quit = True

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGTERM:
            self._patience = HURRY
        self.quit()

    def _finish_recordings(self) -> None:
        self._recorder.stop()
        if self._recorder.status.finishing:
            log.info("finishing the recording; Ctrl-C stops at once")
        self._recorder.close(timeout=self._patience)

    def run(self) -> None:
        """Turn the main loop until the show is over; then stop the recording and write the report."""
        start, recording = time.monotonic(), self._config.record is None
        while not self._over(start):
            if not recording and self._screen.canvas is not None:
                self._record(self._config.record)
                recording = True
            self._meter.loop()
            self._screen.turn(self._canvases, self._status)
            for path in self._controls.fired():
                self._actions[path]()
            for thread in (self._worker, self._engine, self._capture):
                thread.check()
        self._worker.stop()
        self._recorder.stop()
        if self._config.report is not None:
            report.write_report(self._config.report, self._facts(time.monotonic() - start))
        if self._capture.ended and self._capture.fault:
            raise SourceError(self._capture.fault)

    def _over(self, start: float) -> bool:
        config, elapsed = self._config, time.monotonic() - start
        self._watch_source()
        return (
            self._quit
            or self._screen.closed
            or self._capture.ended
            or self._rendering.done
            or (config.seconds is not None and elapsed >= config.seconds)
        )

    def _watch_source(self) -> None:
        """Tell when the source is lost and back; a show with a number of pictures to make does not wait for ever."""
        fault, now = self._capture.fault, time.monotonic()
        if fault and self._lost_since is None:
            self._lost_since = now
            log.warning("%s", fault)
        elif not fault and self._lost_since is not None:
            self._lost_since = None
            log.info("%s is back", self._capture.name)
        if self._lost_since and self._config.frames is not None and now - self._lost_since > LOST_FOR:
            raise SourceError(f"{fault}; gave up after {LOST_FOR:g} s")

    def _toggle_recording(self) -> None:
        if self._recorder.status.recording:
            self._recorder.stop()
        else:
            self._try(self._record)

    def _record(self, path: Path | None = None) -> None:
        settings = self._controls.snapshot()[RecordSettings]
        suffix = path.suffix if path else f".{settings.format}"
        fps = settings.gif_fps if suffix.lower() == ".gif" else None
        self._recorder.start(path, suffix=suffix, fps=fps, force=self._config.force)

    def _snapshot(self) -> None:
        canvas = self._screen.canvas
        if canvas is not None:
            self._try(partial(self._recorder.snapshot, canvas.frame.image))

    def _try(self, work: Callable[[], object]) -> None:
        """Do what may fail for reasons outside the program; the show goes on and says so."""
        try:
            work()
        except OutputError as error:
            self._notice = str(error), time.monotonic() + NOTICE
            log.error("%s", error)

    def _status(self, canvas: Canvas) -> Status:
        meter, info, provider = self._meter, self._network.info, self._engine.provider
        latency = meter.latency.percentile_ms(50)
        take = self._recorder.status
        trained = "" if info.trained else " UNTRAINED"
        return Status(
            network=f"{info.name} {self._config.precision}{trained}",
            provider=provider.name + (f" ({provider.reason})" if provider.reason else ""),
            rates=f"camera {self._capture.fps:.0f} · net {meter.network.value():.0f}"
            f" · screen {meter.screen.value():.0f} fps",
            latency=f"{latency:.0f} ms" if latency is not None else "",
            recording=f"REC {take.seconds:.0f} s" if take.recording else None,
            notice=f"making {canvas.waiting}" if canvas.waiting else self._present_notice(),
            alarm=self._capture.fault or take.fault or canvas.fault,
        )

    def _present_notice(self) -> str | None:
        """What was just saved or refused, for a few seconds."""
        saved = self._recorder.status.saved
        if saved is not None and saved != self._saved:
            self._saved, self._notice = saved, (f"saved {saved.name}", time.monotonic() + NOTICE)
        words, until = self._notice
        return words if time.monotonic() < until else None

    def _facts(self, seconds: float) -> dict[str, Any]:
        show, provider, meter = self._controls.snapshot()[ShowSettings], self._engine.provider, self._meter
        return {
            **report.measured(meter, seconds=seconds),
            "fps": {
                "camera": round(self._capture.fps, 2),
                "network": round(meter.network.total / seconds, 2),
                "screen": round(meter.screen.total / seconds, 2),
            },
            "drops": {"capture": self._capture.dropped, "recorder": self._recorder.status.dropped},
            "source": self._capture.name,
            "provider": provider.name,
            "provider_reason": provider.reason,
            "precision": self._config.precision,
            "model": self._network.info.name,
            "trained": self._network.info.trained,
            "view": show.view,
            "layer": show.layer,
            "controls": self._controls.values(),
        }
