"""A show without a window: what is on the screen, and the operator."""

from __future__ import annotations

from models.importing.open_network import open_network
from realtime.canvas.composer import Canvas
from realtime.canvas.pipeline import Pipeline
from realtime.capture.pattern import Pattern
from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.imaging.compositing import Rect
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.outputs.window import Click
from realtime.overlay.hud import Status
from realtime.overlay.overlays import Overlays
from realtime.pace.rate_keeper import RateKeeper
from realtime.show.make_controls import make_controls
from realtime.show.operator import Operator
from realtime.show.setup import RenderSetup
from realtime.views.registry import find_views

NETWORK = open_network("world")
FRAME = Frame(Pattern().read(), 0, 0.0)
CANVAS_HW = (240, 400)


def keeper_of(
    controls: Controls, *, source_rate: float = 30.0, keeps_size: bool = False, side: int = 224, now: float = 0.0
) -> RateKeeper:
    """The keeper of a show from a source of this rate, with an input of this size; int8 takes half of the time."""
    return RateKeeper(
        controls,
        NETWORK.info,
        source_rate=lambda: source_rate,
        int8=lambda: 0.5,
        busy=lambda: False,
        short_side=lambda level: level.short_side(side, 32),
        keeps_size=keeps_size,
        now=now,
    )


class Stage:
    """One frame, which does not move: only what the operator does makes a difference."""

    def __init__(self, engine: Engine, **values: Scalar) -> None:
        self.engine = engine
        self.controls: Controls = make_controls(NETWORK.info, find_views())
        self.controls.set("show/fade", 0.0)
        self.operator = Operator(RenderSetup(NETWORK, find_views(), self.controls))
        self.controls.register(self.operator)
        self._overlays = Overlays(self.controls, NETWORK.info)
        self.keeper = keeper_of(self.controls)
        for path, value in values.items():
            self.controls.set(path, value)

    def draw(self) -> Canvas:
        """What the settings show, from a fresh start: the same settings give the same picture."""
        pipeline = Pipeline(NETWORK, self.engine, find_views(), canvas_hw=CANVAS_HW, short_side=48)
        for number in range(3):
            now = number / 10
            frame = Frame(FRAME.image, number, now)
            canvas = pipeline.draw_when_ready(frame, self.controls.snapshot(), now)
        self.operator.canvas = canvas
        return canvas

    def screen(self, canvas: Canvas) -> Image:
        """What the window shows: the canvas and all that is drawn over it, without the answer to a key."""
        image = canvas.frame.image.copy()
        operator = self.operator
        self._overlays.draw(image, canvas, Status(), cursor=operator.cursor_visible, dialog=operator.dialog)
        return image

    def show(self, **values: Scalar) -> Canvas:
        """Set values of the group show, and draw."""
        for name, value in values.items():
            self.controls.set(f"show/{name}", value)
        return self.draw()

    def click(self, box: Rect, x: float = 0.5, y: float = 0.5, **how: object) -> str:
        """Click into a rectangle of the canvas."""
        place = box.left + x * box.width, box.top + y * box.height
        return self.operator.click(Click(*place, **how), place)  # type: ignore[arg-type]
