"""Mailbox, worker, meter and the render thread's step."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.composer import Canvas
from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.pace.meter import Meter, Samples
from realtime.show.drawing.rendering import Rendering
from realtime.show.make_controls import make_controls
from realtime.threads.mailbox import Mailbox
from realtime.threads.rate import Rate
from realtime.threads.worker import Worker
from realtime.views.registry import find_views


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


@pytest.fixture
def rendering(controls: Controls) -> Iterator[tuple[Rendering, Mailbox[Frame], Mailbox[Canvas], Meter]]:
    frames: Mailbox[Frame] = Mailbox()
    canvases: Mailbox[Canvas] = Mailbox()
    network, meter = open_network("world"), Meter()
    with Engine(CPU) as engine:
        pipeline = Pipeline(network, engine, find_views(), canvas_hw=(120, 200), short_side=48)
        yield (
            Rendering(pipeline, controls, meter, frames=frames, canvases=canvases, outputs=Mailbox(), limit=3),
            frames,
            canvases,
            meter,
        )


def frame(index: int) -> Frame:
    image = np.random.default_rng(index).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    return Frame(image, index, time.monotonic())


def test_a_frame_that_stands_still_is_drawn_again_only_after_a_change(
    rendering: tuple[Rendering, Mailbox[Frame], Mailbox[Canvas], Meter],
    controls: Controls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("realtime.show.drawing.rendering.REDRAW_FOR", 0.0)
    step, frames, canvases, meter = rendering[0].step, *rendering[1:]
    step()
    assert canvases.version == 0
    controls.set("show/view", "camera")
    frames.put(frame(0))
    step()
    assert (canvases.version, meter.network.total) == (1, 1)
    step()
    assert canvases.version == 1
    monkeypatch.setattr("realtime.show.drawing.rendering.REDRAW_FOR", 5.0)
    controls.set("show/mirror", True)
    step()
    assert canvases.version == 2


def test_while_flashing_is_limited_a_frame_that_stands_still_is_drawn_again(
    rendering: tuple[Rendering, Mailbox[Frame], Mailbox[Canvas], Meter],
    controls: Controls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("realtime.show.drawing.rendering.REDRAW_FOR", 0.0)
    monkeypatch.setattr(rendering[0], "_limit", None)
    step, frames, canvases, _ = rendering[0].step, *rendering[1:]
    controls.set("show/view", "camera")
    for index in range(12):
        frames.put(Frame(np.full((60, 80, 3), 255 * (index % 2), np.uint8), index, time.monotonic()))
        step()
    for _ in range(3):
        step()
    assert canvases.version == 15
    canvas = canvases.peek()
    assert canvas is not None
    assert canvas.limited


def test_rendering_stops_at_its_limit_and_waiting_does_not_count(
    rendering: tuple[Rendering, Mailbox[Frame], Mailbox[Canvas], Meter],
) -> None:
    thread, frames, canvases, meter = rendering
    deadline = time.monotonic() + 30
    for index in range(10_000):
        frames.put(frame(index))
        thread.step()
        if thread.done or time.monotonic() > deadline:
            break
    assert thread.done
    assert meter.network.total == 3
    assert canvases.version >= 3
    last = canvases.version
    frames.put(frame(0))
    thread.step()
    assert canvases.version == last
