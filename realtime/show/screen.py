"""The main thread's part of the show: draws canvas and status line in the window, passes keys and the mouse on."""

import dataclasses
import logging
import os
import time
from collections.abc import Callable, Sequence

from models.spec import Hw
from realtime.canvas.composer import Canvas
from realtime.controls.controls import Controls, Snapshot
from realtime.controls.settings import WindowSettings
from realtime.controls.value import Scalar
from realtime.imaging.compositing import dimmed, fitted
from realtime.imaging.frame import Frame, Image, hw
from realtime.outputs.output import Output
from realtime.outputs.window import CHORD, Held, Turn, Window, WindowEvent
from realtime.overlay import hud
from realtime.overlay.overlays import Overlays
from realtime.pace.meter import Meter
from realtime.show.attract import Attract
from realtime.show.operator import Operator
from realtime.show.setup import RenderSetup
from realtime.show.unattended.pixel_shift import pixel_shift
from realtime.show.unattended.schedule import Schedule
from realtime.show.unattended.visitor_lock import VisitorLock
from realtime.threads.mailbox import Mailbox

log = logging.getLogger(__name__)

FEEDBACK = 3.0  # seconds for which the answer to a key stays on the status line
TURN = 0.016  # seconds that a turn waits for a new canvas: keys are read at 60 Hz
RESTING_TURN = 0.1  # the same outside of the hours of the show
LARGEST_HW = (1440, 2560) if (os.cpu_count() or 1) > 4 else (1080, 1920)
"""The largest canvas in fullscreen; a larger screen enlarges it. Features as colour take 31 ms of processor time at
1280x720, 66 ms at 1920x1080 and 85 ms at 2560x1440, the mosaic 12, 16 and 20 ms."""


class Screen:
    """Shows the newest canvas in the window, where there is one, and passes on what the audience does."""

    def __init__(
        self,
        outputs: Sequence[Output],
        setup: RenderSetup,
        meter: Meter,
        attract: Attract | None = None,
        *,
        lock: VisitorLock | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        self.operator = Operator(setup)
        self._window = next((each for each in outputs if isinstance(each, Window)), None)
        self._controls: Controls = setup.controls
        self._overlays = Overlays(setup.controls, setup.network.info)
        self._meter = meter
        self._attract, self._lock, self._schedule = attract, lock, schedule
        self._began = time.monotonic()
        self._seen = 0
        self._drawn: object = None
        self._changed: tuple[float, Snapshot] | None = None
        self._feedback = ("", 0.0)
        self._touched = False  # a card goes with the first key or click, and in the attract mode
        self._touched_at = time.monotonic()
        self.canvas: Canvas | None = None
        self._controls.subscribe(self._note_change)
        if self._window is not None:
            self._window.hides_mouse = lock is not None

    @property
    def has_window(self) -> bool:
        """Whether there is a window."""
        return self._window is not None

    @property
    def pictures(self) -> Mailbox[Frame] | None:
        """What the window shows, if there is one."""
        return self._window.pictures if self._window is not None else None

    @property
    def closed(self) -> bool:
        """Whether the window was closed."""
        return self._window is not None and self._window.closed

    @property
    def resting(self) -> bool:
        """Whether the show rests, outside of its hours."""
        return self._schedule is not None and self._schedule.resting

    @property
    def feedback(self) -> str:
        """The answer to the last key or click, for a moment, where the picture does not show it; empty otherwise."""
        text, until = self._feedback
        return text if time.monotonic() < until else ""

    def canvas_hw(self, windowed_hw: Hw) -> Hw:
        """The size that canvases should have now: in fullscreen that of the screen, up to a limit."""
        if self._window is None or not self._window.fullscreen:
            return windowed_hw
        return fullscreen_canvas(self._window.size_hw)

    def turn(self, canvases: Mailbox[Canvas], status: Callable[[Canvas], hud.Status]) -> None:
        """Show what is new, then read keys and the mouse; without them the attract mode begins or goes on."""
        fresh, self._seen = canvases.get(self._seen, RESTING_TURN if self.resting else TURN)
        if fresh is not None:
            self.canvas = self.operator.canvas = fresh
            self._time_switch(fresh)
        if self._window is not None and not self._window.fault:
            if answer := self.operator.wait():
                self._feedback = answer, time.monotonic() + FEEDBACK
            if self.canvas is not None:
                self._show(self._window, self.canvas, status(self.canvas), fresh=fresh is not None)
            for event in self._window.events():
                self._touched, self._touched_at = True, time.monotonic()
                if self._attract is not None:
                    self._attract.end()
                self._feedback = self._answer(event, self._window), time.monotonic() + FEEDBACK
            self._keep_locked(self._window)
        if self._attract is not None and not self.resting:
            self._attract.turn(self._touched_at, time.monotonic())

    def _keep_locked(self, window: Window) -> None:
        """In a kiosk, lock the keys again in time; its window is not closed by visitors."""
        if self._lock is None:
            return
        self._lock.turn(time.monotonic())
        if window.closed and self._lock.locked:
            window.closed = False
            log.info("the window stays open: the keys are locked; Ctrl+Shift+O unlocks them")

    def _show(self, window: Window, canvas: Canvas, status: hud.Status, *, fresh: bool) -> None:
        settings = self._controls.snapshot()
        window.set_fullscreen(settings[WindowSettings].fullscreen)
        if self._touched or (self._attract is not None and self._attract.running):
            status = dataclasses.replace(status, card="")
        options = settings[WindowSettings]
        window.shift = pixel_shift(time.monotonic() - self._began) if options.shift else (0, 0)
        light = options.brightness * (self._schedule.light if self._schedule is not None else 1.0)
        look = settings, status, self.operator.cursor_visible, self.operator.dialog, window.look, window.shift, light
        if not fresh and self._drawn == look:
            return
        self._drawn = look
        with self._meter.stage("overlay"):
            image = self._overlaid(window, canvas, status, light)
        with self._meter.stage("window"):
            window.show(image)
        if fresh:
            self._meter.screen.tick()

    def _overlaid(self, window: Window, canvas: Canvas, status: hud.Status, light: float) -> Image:
        image = dimmed(window.fit(canvas.frame.image), light)
        if self.resting and (self._lock is None or self._lock.locked):
            return image
        operator = self.operator
        self._overlays.draw(image, canvas, status, cursor=operator.cursor_visible, dialog=operator.dialog)
        return image

    def _answer(self, event: WindowEvent, window: Window) -> str:
        """Pass on what the audience does; the answer for the status line."""
        if isinstance(event, str):
            return self._press(event)
        if isinstance(event, Held):
            return self.operator.hold(event.key) or self.feedback
        if isinstance(event, Turn):
            return self.operator.turn(event)
        if self.operator.dialog is not None:
            return self.operator.click_dialog(event, window.size_hw)
        if self.canvas is None:
            return ""
        placement = hud.Placement.of(hw(self.canvas.frame.image), window.size_hw)
        right, down = window.shift
        return self.operator.click(event, placement.to_canvas(event.x - right, event.y - down))

    def _press(self, key: str) -> str:
        """Press a key, unless it belongs to the lock of a kiosk."""
        if self._lock is None:
            return "" if key == CHORD else self.operator.press(key)
        return "" if self._lock.takes(key, time.monotonic()) else self.operator.press(key)

    def _note_change(self, _path: str, _value: Scalar) -> None:
        self._changed = time.monotonic(), self._controls.snapshot()

    def _time_switch(self, canvas: Canvas) -> None:
        """Measure the time from a change to the first canvas that shows it."""
        if self._changed is None or canvas.waiting is not None:
            return
        changed, settings = self._changed
        if canvas.settings.version >= settings.version:
            self._meter.switch.add(time.monotonic() - changed)
            self._changed = None


def fullscreen_canvas(screen_hw: Hw) -> Hw:
    """The size of the canvas for a screen: even for video, and within LARGEST_HW, also when it stands upright."""
    height, width = screen_hw
    limit = LARGEST_HW if width >= height else LARGEST_HW[::-1]
    if height > limit[0] or width > limit[1]:
        height, width = fitted(screen_hw, limit)
    return height - height % 2, width - width % 2
