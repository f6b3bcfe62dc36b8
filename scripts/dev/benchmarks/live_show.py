"""The live show as its audience has it: rates, delays, and what a recording costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from functools import partial
from importlib import import_module
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from models.errors import SetupError
from realtime.capture.feed import Capture
from realtime.capture.registry import open_source
from realtime.capture.source import SourceOptions
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.memory.process_memory import resident_bytes
from realtime.inference.providers import choose
from realtime.outputs.output import Output
from realtime.outputs.recorder import Recorder
from realtime.outputs.recording_commands import RecordingCommands
from realtime.outputs.snapshots import SnapshotWriter
from realtime.outputs.window import Window
from realtime.pace.meter import Meter, Samples
from realtime.show.drawing.drawing_threads import DrawingThreads
from realtime.show.options import LiveOptions
from realtime.show.parts import Parts
from realtime.show.screen import Screen
from realtime.show.setup import open_setup
from realtime.show.status import StatusLine
from realtime.threads.mailbox import Mailbox

VIEWS = ("mosaic", "features", "story", "dream")
SETTLED = 10.0  # seconds, at most, until the graphs of the next keys are prepared
TURN = 2.0  # seconds of a turn, with a recording and without one
TURNS = 3  # of each
KEYS = 8  # of which the time to the picture is measured: to the next layer and back
PAUSE = 0.4  # seconds between two keys


@dataclass(frozen=True, slots=True)
class Session:
    """Figures of one session: rates in fps, times in milliseconds, memory in MB, the cost of recording in percent.

    The cost is that part of the network's rate which is missing while an MP4 is recorded.
    """

    screen: float
    network: float
    latency_p50: float
    latency_p95: float
    key_p50: float
    key_p95: float
    recording_cost: float
    first_picture: float
    memory: float


@dataclass(frozen=True, slots=True)
class ShowFigures:
    """The median of each figure over all sessions of a view, and the lowest and the highest."""

    view: str
    median: Session
    lowest: Session
    highest: Session


def measure_show(model: str, *, fps: float, sessions: int) -> list[ShowFigures]:
    """Sessions of all views in turns."""
    measured: dict[str, list[list[float]]] = {view: [] for view in VIEWS}
    for _ in range(sessions):
        for view, rows in measured.items():
            options = LiveOptions(model=model, view=view, source="pattern", fps=fps, sink=_sinks())
            session = _in_a_process(partial(play, options, time.time()))
            rows.append([getattr(session, each.name) for each in fields(session)])
    return [
        ShowFigures(view, *(Session(*np.round(how(rows, axis=0), 1).tolist()) for how in (np.median, np.min, np.max)))
        for view, rows in measured.items()
    ]


def play(options: LiveOptions, asked: float) -> Session:
    """One session, in a process of its own; `asked` is the time at which its process was asked for."""
    import_module("scripts.cli")  # as the command does
    with TemporaryDirectory() as folder, _open(options, Path(folder)) as show:
        show.until(lambda: show.meter.canvases.total > 0, 60.0)
        first_picture = time.time() - asked
        show.until(lambda: show.parts.engine.pending == 0, SETTLED)
        show.meter.latency.clear()
        turns = [(show.turn(), show.turn(record=Path(folder) / f"{number}.mp4")) for number in range(TURNS)]
        latency = _percentiles(show.meter.latency)
        show.press_keys()
        keys = _percentiles(show.meter.switch)
        memory = resident_bytes() / 1e6
    plain, recorded = np.array(turns).transpose(1, 2, 0)
    screen, network = np.median(plain, axis=1).tolist()
    cost = float(np.median(100 * (1 - recorded[1] / plain[1])))
    return Session(screen, network, *latency, *keys, cost, 1e3 * first_picture, memory)


def _percentiles(samples: Samples) -> tuple[float, float]:
    """The median and the 95th percentile in milliseconds."""
    return samples.percentile_ms(50) or np.nan, samples.percentile_ms(95) or np.nan


class _Show:
    """A running show whose main loop is in the hands of the benchmark."""

    def __init__(self, parts: Parts, threads: DrawingThreads, screen: Screen, meter: Meter) -> None:
        self.parts, self.meter = parts, meter
        self._threads, self._screen = threads, screen
        self._status = StatusLine(parts.setup.network.info, meter, parts.setup.controls, threads.keeper)

    def until(self, done: Callable[[], bool], seconds: float) -> None:
        """Run the main loop until `done`, for so many seconds at most."""
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            self._screen.turn(self._threads.canvases, lambda canvas: self._status.at(canvas, self.parts, ""))
            self.parts.setup.controls.drain()
            self._threads.check()

    def turn(self, record: Path | None = None) -> tuple[float, float]:
        """The rates of the screen, or of canvases where there is none, and of the network during one turn."""
        shown = self.meter.screen if self._screen.has_window else self.meter.canvases
        if record is not None:
            self.parts.recorder.start(record)
        before, start = (shown.total, self.meter.network.total), time.monotonic()
        self.until(lambda: False, TURN)
        passed = time.monotonic() - start
        rates = (shown.total - before[0]) / passed, (self.meter.network.total - before[1]) / passed
        if record is not None:
            self.parts.recorder.stop()
            self.until(lambda: self.parts.recorder.status.finishing == 0, SETTLED)
        return rates

    def press_keys(self) -> None:
        """Go to the next layer and back, again and again."""
        for _, key in zip(range(KEYS), cycle("]["), strict=False):
            self.parts.setup.controls.press(key)
            self.until(lambda: False, PAUSE)


@contextmanager
def _open(options: LiveOptions, folder: Path) -> Iterator[_Show]:
    """A show with all that `ventral live` starts."""
    setup, meter = open_setup(options), Meter()
    setup.controls.set("show/fps", options.fps or 30.0)
    frames, drawn = Mailbox[Frame](), Mailbox[Frame]()
    opener = partial(open_source, options.source, SourceOptions(fps=options.fps or 30.0))
    with ExitStack() as stack:
        capture = stack.enter_context(Capture(opener, frames, retry=False))
        engine = stack.enter_context(Engine(choose(options.provider), background=True))
        recorder = stack.enter_context(Recorder(drawn, folder=folder))
        stills = stack.enter_context(SnapshotWriter(drawn, folder=folder))
        kinds: tuple[type[Output], ...] = (Window,) if Window.name in options.sink else ()
        outputs = [stack.enter_context(kind(drawn, options.canvas_hw)) for kind in kinds]
        commands = RecordingCommands(recorder, stills, force=True)
        parts = Parts(setup, capture, engine, recorder, commands, (*outputs, recorder, stills))
        threads = stack.enter_context(DrawingThreads(parts, options, meter, frames=frames, outputs=drawn))
        yield _Show(parts, threads, Screen(parts.outputs, setup, meter), meter)


def _sinks() -> tuple[str, ...]:
    """A window where there is a screen."""
    try:
        Window.require()
    except SetupError:
        return ()
    return (Window.name,)


def _in_a_process(call: Callable[[], Session]) -> Session:
    """Call in a new process, which imports what the command imports."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(call).result()
