"""Mailbox, worker, meter and the render thread's step."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.composer import Canvas
from realtime.canvas.drawing import Drawing
from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.pace.meter import Meter, Samples
from realtime.show.drawing.rendering import Rendering
from realtime.show.drawing.view_drawing import ViewDrawing
from realtime.show.make_controls import make_controls
from realtime.threads.mailbox import Mailbox
from realtime.threads.rate import Rate
from realtime.threads.worker import Worker
from realtime.views.registry import find_views
from tests.realtime.show.stage import keeper_of


def test_newest_value_wins_and_each_is_seen_once() -> None:
    box: Mailbox[str] = Mailbox()
    assert box.get(0, timeout=0.01) == (None, 0)
    for word in ("one", "two", "three"):
        box.put(word)
    assert box.get(0, timeout=0.01) == ("three", 3)
    assert box.get(3, timeout=0.01) == (None, 3)
    assert box.peek() == "three"


def test_reader_is_woken() -> None:
    box: Mailbox[str] = Mailbox()
    threading.Timer(0.1, box.put, ["late"]).start()
    start = time.monotonic()
    assert box.get(0, timeout=10) == ("late", 1)
    assert time.monotonic() - start < 5


def test_worker_repeats_until_stopped() -> None:
    steps: list[int] = []

    def step() -> None:
        steps.append(1)
        time.sleep(0.001)

    with Worker("test", step) as worker:
        while len(steps) < 5:
            time.sleep(0.01)
        worker.check()
    assert not worker.alive
    count = len(steps)
    time.sleep(0.05)
    assert len(steps) == count


def test_worker_keeps_what_ended_it() -> None:
    def step() -> None:
        raise ZeroDivisionError("in a thread")

    with Worker("test", step) as worker:
        while worker.alive:
            time.sleep(0.01)
        with pytest.raises(ZeroDivisionError, match="in a thread"):
            worker.check()


def test_rate_is_smoothed_and_falls_silent() -> None:
    rate = Rate()
    for number in range(60):
        rate.tick(number / 30)
    assert rate.value(59 / 30) == pytest.approx(30, rel=0.05)
    assert rate.value(99.0) == 0.0
    assert rate.total == 60
    assert rate.by_second() == []


def test_events_are_counted_by_second_also_where_there_are_none() -> None:
    rate = Rate()
    for moment in (5.1, 5.9, 6.5, 6.6, 6.7, 8.2, 9.0):
        rate.tick(moment)
    assert rate.by_second() == [3, 0, 1]


def test_percentiles_are_in_milliseconds() -> None:
    samples = Samples()
    assert samples.percentile_ms(50) is None
    for number in range(101):
        samples.add(number / 1000)
    assert samples.percentile_ms(95) == 95.0
    assert samples.percentile_ms(50, last=11) == 95.0


@pytest.fixture
def controls() -> Controls:
    return make_controls(open_network("world").info, find_views())


class Threads:
    """Both threads that draw, one step after the other."""

    def __init__(self, controls: Controls, engine: Engine, *, limit: int | None = 3) -> None:
        self.frames: Mailbox[Frame] = Mailbox()
        self.canvases: Mailbox[Canvas] = Mailbox()
        self.meter = Meter()
        self.keeper = keeper_of(controls)
        drawings: Mailbox[Drawing] = Mailbox()
        pipeline = Pipeline(open_network("world"), engine, find_views(), canvas_hw=(120, 200), short_side=48)
        boxes = {"frames": self.frames, "drawings": drawings}
        self._viewing = ViewDrawing(pipeline, controls, self.meter, self.keeper, **boxes)  # type: ignore[arg-type]
        self.rendering = Rendering(
            pipeline.composer,
            self.meter,
            self.keeper,
            frames=self.frames,
            drawings=drawings,
            canvases=self.canvases,
            outputs=Mailbox(),
            limit=limit,
        )

    def step(self) -> None:
        """A step of each thread."""
        self._viewing.step()
        self.rendering.step()


@pytest.fixture
def threads(controls: Controls) -> Iterator[Threads]:
    with Engine(CPU) as engine:
        yield Threads(controls, engine)


def frame(index: int, *, image: Image | None = None) -> Frame:
    noise = np.random.default_rng(index).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    return Frame(noise if image is None else image, index, index / 30)


def no_redraw(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.0) -> None:
    for name in ("view_drawing", "rendering"):
        monkeypatch.setattr(f"realtime.show.drawing.{name}.REDRAW_FOR", seconds)


def test_a_frame_that_stands_still_is_drawn_again_only_after_a_change(
    threads: Threads, controls: Controls, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_redraw(monkeypatch)
    threads.step()
    assert threads.canvases.version == 0
    controls.set("show/view", "camera")
    threads.frames.put(frame(0))
    threads.step()
    assert (threads.canvases.version, threads.meter.network.total) == (1, 1)
    threads.step()
    assert threads.canvases.version == 1
    no_redraw(monkeypatch, 5.0)
    controls.set("show/mirror", True)
    threads.step()
    assert threads.canvases.version == 2


def test_while_flashing_is_limited_a_frame_that_stands_still_is_drawn_again(
    controls: Controls, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_redraw(monkeypatch)
    controls.set("show/view", "camera")
    with Engine(CPU) as engine:
        threads = Threads(controls, engine, limit=None)
        for index in range(12):
            threads.frames.put(frame(index, image=np.full((60, 80, 3), 255 * (index % 2), np.uint8)))
            threads.step()
        for _ in range(3):
            threads.step()
    assert threads.canvases.version == 15
    canvas = threads.canvases.peek()
    assert canvas is not None
    assert canvas.limited


def test_rendering_stops_at_its_limit_and_waiting_does_not_count(threads: Threads) -> None:
    deadline = time.monotonic() + 30
    for index in range(10_000):
        threads.frames.put(frame(index))
        threads.step()
        if threads.rendering.done or time.monotonic() > deadline:
            break
    assert threads.rendering.done
    assert threads.meter.canvases.total == 3
    assert threads.canvases.version >= 3
    last = threads.canvases.version
    threads.frames.put(frame(0))
    threads.step()
    assert threads.canvases.version == last


def test_between_two_drawings_canvases_show_newer_frames(threads: Threads, controls: Controls) -> None:
    controls.set("show/view", "camera")
    threads.frames.put(frame(0))
    threads.step()
    for index in (1, 2):
        threads.frames.put(frame(index))
        threads.rendering.step()
    canvas = threads.canvases.peek()
    assert canvas is not None
    assert canvas.frame.index == 2
    assert (threads.canvases.version, threads.meter.network.total) == (3, 1)


def test_at_half_the_rate_of_the_source_the_view_draws_every_second_frame(
    controls: Controls, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_redraw(monkeypatch)
    controls.set("show/view", "camera")
    controls.set("show/fps", 15)
    with Engine(CPU) as engine:
        threads = Threads(controls, engine, limit=None)
        for index in range(20):
            threads.frames.put(frame(index))
            threads.step()
    assert threads.meter.network.total == 10
