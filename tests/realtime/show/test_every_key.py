"""In every view every key, click and turn of the wheel is seen on the screen, or the status line says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pytest

from realtime.canvas.composer import Canvas
from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine
from realtime.outputs.window import Turn
from realtime.views.registry import find_views
from tests.realtime.show.stage import CANVAS_HW, Stage

SHOWN: dict[str, dict[str, Scalar]] = {
    "camera": {"show/view": "camera"},
    "dream": {"show/view": "dream"},
    "dream of a channel": {"show/view": "dream", "dream/channel": 3, "tiles/channel": 3},
    "dream of a class": {"show/view": "dream", "dream/objective": "class:cup"},
    "colour": {"show/view": "features"},
    "colour over the picture": {"show/view": "features", "features/mode": "picture"},
    "clusters": {"show/view": "features", "features/mode": "clusters"},
    "similar to nothing": {"show/view": "features", "features/mode": "similar"},
    "similar": {"show/view": "features", "features/mode": "similar", "features/points": "0.5,0.5"},
    "Grad-CAM": {"show/view": "gradcam"},
    "page": {"show/view": "mosaic"},
    "page with a selected tile": {"show/view": "mosaic", "tiles/channel": 5},
    "all tiles": {"show/view": "mosaic", "tiles/active": False},
    "large tile": {"show/view": "mosaic", "tiles/zoom": True},
    "large selected tile": {"show/view": "mosaic", "tiles/zoom": True, "tiles/channel": 5},
    "saliency": {"show/view": "saliency"},
    "saliency of a channel": {"show/view": "saliency", "tiles/channel": 5},
    "story": {"show/view": "story"},
    "predictions": {"show/view": "mosaic", "predict/on": True},
    "frozen": {"show/view": "mosaic", "show/freeze": True},
    "without status line": {"show/view": "mosaic", "window/status": False},
}
"""Everything that can be on the screen when a key is pressed."""

SEEN = 0.01  # grey levels, the mean of the screen: a letter of the help or the frame of a tile is more


def test_every_view_is_walked() -> None:
    assert {str(values["show/view"]) for values in SHOWN.values()} == {view.name for view in find_views()}


def keys_of(controls: Controls) -> list[str]:
    """Every key of the values, of the views and of the operator, and some without a function."""
    values = [key for value in controls.table.values() for bind in value.binds for key in bind.keys]
    return [*values, *(key for action in controls.actions.values() for key in action.keys), "b", "B", "6", "F9", "€"]


def press(key: str, stage: Stage) -> str:
    return stage.operator.press(key)


def click(box: Rect, x: float, y: float, stage: Stage, **how: object) -> str:
    return stage.click(box, x, y, **how)


def turn(notches: Turn, stage: Stage) -> str:
    return stage.operator.turn(notches)


class Walk:
    """One state of the show, entered anew for each input."""

    def __init__(self, engine: Engine, values: Mapping[str, Scalar], layout: str) -> None:
        self._engine, self._values = engine, {**values, "show/layout": layout}
        first = Stage(engine, **self._values)
        self.controls, self.canvas = first.controls, first.draw()
        self._screen = first.screen(self.canvas)

    def is_silent(self, *inputs: Callable[[Stage], str]) -> bool:
        """Whether the last of some inputs has no answer, and leaves the screen as the inputs before it left it."""
        stage = Stage(self._engine, **self._values)
        stage.operator.canvas = self.canvas
        before = self._screen
        for number, act in enumerate(inputs):
            last = number == len(inputs) - 1
            if act(stage) and last:
                return False
            if not last:
                before = stage.screen(stage.draw())
        if stage.controls.value("window/fullscreen") or differs(before, stage.screen(self.canvas)):
            return False
        return not differs(before, stage.screen(stage.draw()))

    def leaves(self, act: Callable[[Stage], str]) -> bool:
        """Whether an input goes to another view: then a second click belongs to none."""
        stage = Stage(self._engine, **self._values)
        stage.operator.canvas = self.canvas
        act(stage)
        return stage.controls.value("show/view") != self._values["show/view"]


def differs(before: Image, after: Image) -> bool:
    return bool(np.abs(before.astype(int) - after).mean() > SEEN)


IN_FULL = ("camera", "dream", "colour", "similar", "Grad-CAM", "page", "large tile", "saliency", "story")
WALKS = (*((name, "side") for name in SHOWN), *((name, "full") for name in IN_FULL), ("page", "inset"))


@pytest.fixture(params=WALKS, ids=" ".join)
def walk(engine: Engine, request: pytest.FixtureRequest) -> Walk:
    name, layout = request.param
    return Walk(engine, SHOWN[name], layout)


@pytest.mark.slow
def test_every_key_is_seen_or_answered(walk: Walk) -> None:
    keys = keys_of(walk.controls)
    assert not [key for key in keys if walk.is_silent(partial(press, key))]


def places_of(canvas: Canvas) -> list[tuple[Rect, float, float]]:
    """Where a person may click: on the view, at its corners, on the camera beside it, and beside both."""
    everywhere = Rect(0, 0, CANVAS_HW[1], CANVAS_HW[0])
    on_view = [(canvas.panel, x, y) for x, y in ((0.5, 0.5), (0.3, 0.6), (0.02, 0.02), (0.97, 0.97))]
    beside = [(everywhere, x, y) for x, y in ((0.001, 0.5), (0.5, 0.999), (0.05, 0.9))]
    return [*on_view, *beside, *([(canvas.camera, 0.4, 0.6)] if canvas.camera else [])]


@pytest.mark.slow
def test_every_click_is_seen_or_answered(walk: Walk) -> None:
    silent = []
    for box, x, y in places_of(walk.canvas):
        for button in ("left", "right", "middle"):
            once = partial(click, box, x, y, button=button)
            again = partial(click, box, x, y, button=button, twice=True)
            if walk.is_silent(once):
                silent.append((button, x, y))
            if walk.is_silent(once, again) and not walk.leaves(once):
                silent.append((f"double {button}", x, y))
    assert not silent


@pytest.mark.slow
def test_every_turn_of_the_wheel_is_seen_or_answered(walk: Walk) -> None:
    turns = [Turn(1), Turn(-1), Turn(30), Turn(-30), Turn(1, shift=True), Turn(-1, shift=True)]
    assert not [each for each in turns if walk.is_silent(partial(turn, each))]
