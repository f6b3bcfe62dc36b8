"""The live show without a window: what predictions cost the mosaic, and how often the network adds to a dream."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from realtime.capture.pattern import Pattern
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.inference.providers import Provider
from realtime.show.config import RenderOptions
from realtime.show.look import RenderSetup, open_setup
from realtime.views.dream import DreamView

PICTURES = 60
TURN = 1.0
"""Seconds that each way is shown at a time: four looks of the classifier."""

CAMERA_FPS = 30.0


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What happened in some seconds of a show: pictures drawn, what the drawing thread itself worked, finds added."""

    pictures: int
    seconds: float
    worked: float
    results: int

    @property
    def rate(self) -> float:
        """Pictures per second."""
        return self.pictures / self.seconds


@dataclass(frozen=True, slots=True)
class ShowTiming:
    """One way of showing: medians of pictures per second, of milliseconds of one core a picture, of finds a second."""

    name: str
    rate: float
    core_ms: float
    results: float


class OfflineShow:
    """Draws what the controls say as a live show does, with the test pattern in the place of a camera."""

    def __init__(self, engine: Engine, opened: RenderSetup, look: RenderOptions) -> None:
        self.engine, self.network, self.controls = engine, opened.network, opened.controls
        self._pipeline = opened.pipeline(engine, look)
        (self._dream,) = (view for view in opened.views if isinstance(view, DreamView))
        self._pictures = _back_and_forth()

    def draw(self, index: int = 0) -> None:
        """One picture, now."""
        now = time.monotonic()
        self._pipeline.draw_patiently(Frame(next(self._pictures), index, now), self.controls.snapshot(), now)

    def turn(self, *, fps: float | None = None) -> TurnResult:
        """Draw for one turn, as fast as it goes or as a camera of `fps` gives pictures: who is late misses one."""
        self._settle()
        results, worked, start = self._dream.results, time.thread_time(), time.monotonic()
        for count in itertools.count(1):
            self.draw(count)
            passed = time.monotonic() - start
            if passed >= TURN:
                return TurnResult(count, passed, time.thread_time() - worked, self._dream.results - results)
            if fps is not None:
                time.sleep((1 - passed * fps % 1) / fps)
        raise AssertionError

    def _settle(self) -> None:
        """Wait for background jobs, so that a turn bears no load of the one before."""
        self.engine.start(lambda: None).result()


@contextmanager
def open_show(model: str, provider: Provider) -> Iterator[OfflineShow]:
    """A show of a network on a canvas of 1280x720."""
    look = RenderOptions(model=model)
    opened = open_setup(look)
    with Engine(provider, background=True) as engine:
        yield OfflineShow(engine, opened, look)


def measure_predictions(show: OfflineShow, *, runs: int) -> tuple[ShowTiming, ShowTiming]:
    """The mosaic as fast as it goes, without predictions and with them, in turns.

    Raises ModelError when the network has no classifier.
    """
    _ = show.network.info.scores
    show.controls.set("show/view", "mosaic")
    turns: dict[bool, list[TurnResult]] = {False: [], True: []}
    for turn in range(1 + runs):
        for on, kept in turns.items():
            show.controls.set("predict/on", on)
            kept.extend([show.turn()] if turn else _warm_up(show))
    show.controls.set("predict/on", False)
    return _row("mosaic", turns[False]), _row("mosaic with predictions", turns[True])


def measure_dream(show: OfflineShow, *, runs: int) -> tuple[ShowTiming, ShowTiming]:
    """The dream as fast as it goes, and from a camera of 30 pictures a second, in turns."""
    show.controls.set("show/view", "dream")
    paces: dict[float | None, list[TurnResult]] = {None: [], CAMERA_FPS: []}
    for turn in range(1 + runs):
        for fps, kept in paces.items():
            kept.extend([show.turn(fps=fps)] if turn else _warm_up(show))
    return _row("dream", paces[None]), _row(f"dream at {CAMERA_FPS:.0f} fps", paces[CAMERA_FPS])


def _warm_up(show: OfflineShow) -> list[TurnResult]:
    """Draw until every graph that comes next is made; nothing of it counts."""
    show.turn()
    deadline = time.monotonic() + 60
    while show.engine.pending and time.monotonic() < deadline:
        time.sleep(0.05)
    return []


def _row(name: str, turns: list[TurnResult]) -> ShowTiming:
    each = np.array([(turn.rate, turn.worked / turn.pictures * 1e3, turn.results / turn.seconds) for turn in turns])
    return ShowTiming(name, *(round(float(number), 2) for number in np.median(each, axis=0)))


def _back_and_forth() -> Iterator[Image]:
    """The first pictures of the test pattern for ever, without a jump: what moves comes back the way it went."""
    pattern = Pattern()
    pictures = [pattern.read() for _ in range(PICTURES)]
    return itertools.cycle((*pictures, *pictures[-2:0:-1]))
