"""Ten thousand random keys, clicks, turns of the wheel and posted values: no exception, and a way back."""

from __future__ import annotations

import logging
import random
import time

import pytest

from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls
from realtime.controls.value import Scalar, Value
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.outputs.window import Click, Turn
from realtime.views.registry import find_views
from tests.realtime.show.stage import CANVAS_HW, FRAME, NETWORK, Stage
from tests.realtime.show.test_every_key import keys_of

INPUTS = 10_000
PER_FRAME = 5  # inputs between two frames

WRONG: tuple[Scalar, ...] = ("", "nonsense", -1, 10**9, float("nan"), float("inf"), True, "class:cup", "../../etc", "é")
"""Values that most controls refuse or clamp."""


class Audience:
    """Does something random to a show."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self._stage, self._chance = stage, chance
        self._keys = [key for key in keys_of(stage.controls) if key not in stage.controls.actions]

    def act(self) -> None:
        """One input."""
        chance, operator = self._chance, self._stage.operator
        kind = chance.randrange(10)
        if kind < 5:
            operator.press(chance.choice(self._keys))
        elif kind < 7:
            self._click()
        elif kind == 7:
            operator.turn(Turn(chance.randint(-3, 3), shift=chance.random() < 0.5))
        elif kind == 8:
            operator.wait()
            operator.hold(chance.choice(self._keys))
        else:
            self._post(chance.choice(list(self._stage.controls.table.values())))

    def _click(self) -> None:
        chance = self._chance
        place = chance.uniform(-20, CANVAS_HW[1] + 20), chance.uniform(-20, CANVAS_HW[0] + 20)
        click = Click(*place, button=chance.choice(("left", "right", "middle")), twice=chance.random() < 0.3)
        if self._stage.operator.dialog is not None:
            self._stage.operator.click_dialog(click, CANVAS_HW)
        else:
            self._stage.operator.click(click, place)

    def _post(self, value: Value) -> None:
        """Post a value of one control, which may be wrong, as another thread would."""
        if value.path.startswith("engine/"):
            return
        self._stage.controls.post(value.path, self._chance.choice((_valid(value, self._chance), *WRONG)))
        self._stage.controls.drain()


def _valid(value: Value, chance: random.Random) -> Scalar:
    if value.choices:
        return chance.choice(value.choices)
    if isinstance(value.default, bool):
        return chance.random() < 0.5
    if isinstance(value.default, str) or value.low is None or value.high is None:
        return value.default
    number = chance.uniform(value.low, min(value.high, 100 + value.low))
    return round(number) if isinstance(value.default, int) else number


@pytest.mark.slow
def test_ten_thousand_inputs(caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(14)
    with Engine(CPU, background=True) as engine:
        stage = Stage(engine)
        stage.controls.mark_start()
        start = stage.controls.values()
        pipeline = Pipeline(NETWORK, engine, find_views(), canvas_hw=CANVAS_HW, short_side=48)
        audience, views = Audience(stage, chance), set[str]()
        for number in range(INPUTS):
            audience.act()
            if number % PER_FRAME == 0:
                frame = Frame(FRAME.image, number, time.monotonic())
                canvas = pipeline.render(frame, stage.controls.snapshot(), frame.timestamp)
                assert canvas.fault is None, (number, stage.controls.values())
                stage.operator.canvas = canvas
                stage.screen(canvas)
                views.add(canvas.view)
        assert views == {view.name for view in find_views()}
        lead_home(stage)
        assert stage.controls.values() == start
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def lead_home(stage: Stage) -> None:
    """What a person presses who does not know where the show is."""
    for _ in range(4):
        stage.operator.press("Esc")
    assert stage.operator.dialog is None
    stage.operator.press("Backspace")
    stage.controls.set("window/fullscreen", False)
    for view in find_views():
        stage.operator.press(view.bind.keys[0])
        assert _shown(stage.controls) == view.name
    stage.operator.press("Backspace")


def _shown(controls: Controls) -> str:
    return str(controls.value("show/view"))
