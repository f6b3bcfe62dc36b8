"""From the first canvas on there is a picture: no view begins with an empty or a black panel."""

from __future__ import annotations

import time

import cv2
import pytest

from realtime.canvas.composer import Canvas
from realtime.canvas.pipeline import Pipeline
from realtime.capture.pattern import Pattern
from realtime.controls.value import Scalar
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from tests.realtime.show.stage import CANVAS_HW, NETWORK

CANVASES = 30  # that the view has drawn itself, after those that wait for its graph
DARK, FLAT = 20, 10  # grey levels, the mean and the standard deviation of the panel

MODES: tuple[dict[str, Scalar], ...] = (
    {"features/mode": "picture"},
    {"features/mode": "clusters"},
    {"features/mode": "similar"},
    {"features/mode": "similar", "features/points": "0.5,0.5"},
)
VIEWS: tuple[dict[str, Scalar], ...] = tuple({"show/view": view.name} for view in find_views())
STARTS: tuple[dict[str, Scalar], ...] = (
    *VIEWS,
    *({"show/view": "features", **mode} for mode in MODES),
    {"show/view": "mosaic", "tiles/zoom": True},
    {"show/view": "mosaic", "tiles/active": False},
)


def light(canvas: Canvas) -> tuple[float, float]:
    """The mean and the standard deviation of the panel in grey."""
    left, top, width, height = canvas.panel
    grey = cv2.cvtColor(canvas.frame.image[top : top + height, left : left + width], cv2.COLOR_BGR2GRAY)
    return float(grey.mean()), float(grey.std())


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["side", "full"])
@pytest.mark.parametrize("start", STARTS, ids=lambda start: " ".join(map(str, start.values())))
def test_every_view_begins_with_a_picture(start: dict[str, Scalar], layout: str) -> None:
    controls, source = make_controls(NETWORK.info, find_views()), Pattern()
    for path, value in {**start, "show/layout": layout}.items():
        controls.set(path, value)
    with Engine(CPU, background=True) as engine:
        pipeline = Pipeline(NETWORK, engine, find_views(), canvas_hw=CANVAS_HW, short_side=64)
        own, number, end = 0, 0, time.monotonic() + 40
        while own < CANVASES and time.monotonic() < end:
            now = number / 30
            canvas = pipeline.render(Frame(source.read(), number, now), controls.snapshot(), now)
            mean, deviation = light(canvas)
            assert mean > DARK and deviation > FLAT, f"canvas {number}: {mean:.0f}, {deviation:.0f}"
            assert canvas.fault is None
            own, number = own + (canvas.waiting is None), number + 1
            if canvas.waiting:
                time.sleep(0.01)
    assert own == CANVASES
