"""The live show without a window: the cost of predictions beside the mosaic, and the rate of dream results."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from realtime.capture.pattern import Pattern
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.inference.providers import Provider
from realtime.show.options import RenderOptions
from realtime.show.setup import RenderSetup, open_setup
from realtime.views.dream import DreamView

FRAMES = 60
TURN = 1.0  # seconds per turn: enough for four runs of the classifier

CAMERA_FPS = 30.0


@dataclass(frozen=True, slots=True)
class ShowTiming:
    """Medians of a show: frames per second, CPU milliseconds of the drawing thread per frame, results per second."""

    name: str
    fps: float
    core_ms: float
    results: float


class OfflineShow:
    """Draws what the controls say, as a live show does, with the test pattern instead of a camera."""

    def __init__(self, engine: Engine, setup: RenderSetup, options: RenderOptions) -> None:
        self.engine, self.network, self.controls = engine, setup.network, setup.controls
        self._pipeline = setup.pipeline(engine, options)
        (self._dream,) = (view for view in setup.views if isinstance(view, DreamView))
        self._images = _back_and_forth()

    def turn(self, *, fps: float | None = None) -> tuple[float, float, float]:
        """Draw for one turn at full speed, or for each frame of a camera; the figures of a ShowTiming."""
        self.engine.start(lambda: True).result()  # a background job of the turn before would count in this one
        results, worked, start = self._dream.results, time.thread_time(), time.monotonic()
        for count in itertools.count(1):
            now = time.monotonic()
            frame = Frame(next(self._images), count, now)
            self._pipeline.draw_when_ready(frame, self.controls.snapshot(), now)
            passed = time.monotonic() - start
            if passed >= TURN:
                break
            if fps is not None:
                time.sleep((1 - passed * fps % 1) / fps)
        core_ms = (time.thread_time() - worked) / count * 1e3
        return count / passed, core_ms, (self._dream.results - results) / passed


@contextmanager
def open_show(model: str, provider: Provider) -> Iterator[OfflineShow]:
    """A show of a network on a canvas of 1280x720."""
    options = RenderOptions(model=model)
    setup = open_setup(options)
    with Engine(provider, background=True) as engine:
        yield OfflineShow(engine, setup, options)


def measure_predictions(show: OfflineShow, *, runs: int) -> list[ShowTiming]:
    """The mosaic at full speed without and with predictions; ModelError if the network has no classifier."""
    _ = show.network.info.scores
    show.controls.set("show/view", "mosaic")

    def turn(value: bool) -> tuple[float, float, float]:
        show.controls.set("predict/on", value)
        return show.turn()

    cases = {"mosaic": partial(turn, False), "mosaic with predictions": partial(turn, True)}
    timings = _interleave(show, cases, runs)
    show.controls.set("predict/on", False)
    return timings


def measure_dream(show: OfflineShow, *, runs: int) -> list[ShowTiming]:
    """The dream at full speed, and from a camera of 30 fps."""
    show.controls.set("show/view", "dream")
    paced = partial(show.turn, fps=CAMERA_FPS)
    return _interleave(show, {"dream": show.turn, f"dream at {CAMERA_FPS:.0f} fps": paced}, runs)


def _interleave(
    show: OfflineShow, cases: Mapping[str, Callable[[], tuple[float, float, float]]], runs: int
) -> list[ShowTiming]:
    """Run the cases in turns after a warm-up."""
    for case in cases.values():
        case()
        deadline = time.monotonic() + 60
        while show.engine.pending and time.monotonic() < deadline:
            time.sleep(0.05)
    turns = [[case() for case in cases.values()] for _ in range(runs)]
    medians = np.median(turns, axis=0).round(2).tolist()
    return [ShowTiming(name, *figures) for name, figures in zip(cases, medians, strict=True)]


def _back_and_forth() -> Iterator[Image]:
    """The first frames of the test pattern forwards and backwards for ever, without a jump."""
    pattern = Pattern()
    images = [pattern.read() for _ in range(FRAMES)]
    return itertools.cycle((*images, *images[-2:0:-1]))
