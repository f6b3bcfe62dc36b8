"""The main thread's side of the show: canvases and their overlay to the window, keys and mouse to the controls."""

from __future__ import annotations

import time
from collections.abc import Callable

from models.spec import ModelInfo
from realtime.controls.controls import Controls, Snapshot
from realtime.controls.presses import press
from realtime.controls.settings import WindowSettings
from realtime.imaging.frame import Image, hw
from realtime.outputs.window import NoWindow, Window
from realtime.show import hud
from realtime.show.meter import Meter
from realtime.show.pipeline import Canvas
from realtime.threads.latest import Latest

ANSWER = 2.0
"""Seconds that the answer to a key stays."""

TURN = 0.016
"""Seconds that a turn waits for a new canvas: keys are read sixty times a second."""


class Screen:
    """Shows the newest canvas, and hands on what the audience does."""

    def __init__(self, window: Window | NoWindow, controls: Controls, meter: Meter, info: ModelInfo) -> None:
        self._window = window
        self._controls = controls
        self._meter = meter
        self._info = info
        self._seen = 0
        self._drawn: tuple[Snapshot, hud.Status] | None = None
        self._pressed: tuple[float, Snapshot] | None = None
        self._answer = ("", 0.0)
        self._help = hud.help_lines(list(controls.table.values()))
        self.canvas: Canvas | None = None

    @property
    def closed(self) -> bool:
        """Whether the window was closed."""
        return self._window.closed

    @property
    def answer(self) -> str:
        """What the last key did, for a moment, where the picture does not show it."""
        words, until = self._answer
        return words if time.monotonic() < until else ""

    def turn(self, canvases: Latest[Canvas], status: Callable[[Canvas], hud.Status]) -> None:
        """Show what is new, then read keys and clicks."""
        fresh, self._seen = canvases.get(self._seen, TURN)
        if fresh is not None:
            self.canvas = fresh
            self._time_switch(fresh)
        if isinstance(self._window, Window):
            if self.canvas is not None:
                self._show(self._window, self.canvas, status(self.canvas), fresh=fresh is not None)
            self._listen(self._window)

    def move(self, right: int, down: int) -> None:
        """Move the cursor over the tiles; it stops at the edges."""
        tiles = self.canvas.tiles if self.canvas else None
        if tiles is None:
            return
        if len(tiles.channels) == 1 and self.canvas and self.canvas.layer:
            channel = tiles.channels[0] + right + down
            self._controls.set("tiles/channel", min(max(channel, 0), self.canvas.layer.channels - 1))
            return
        row, col = divmod(tiles.selected or 0, tiles.grid.cols)
        row, col = row + down, col + right
        place = row * tiles.grid.cols + col
        if row >= 0 and 0 <= col < tiles.grid.cols and place < len(tiles.channels):
            self._controls.set("tiles/channel", tiles.channels[place])

    def _show(self, window: Window, canvas: Canvas, status: hud.Status, *, fresh: bool) -> None:
        settings = self._controls.snapshot()
        if not fresh and self._drawn == (settings, status):
            return
        self._drawn = settings, status
        window.set_fullscreen(settings[WindowSettings].fullscreen)
        with self._meter.stage("overlay"):
            image = self._overlaid(window, canvas, settings, status)
        with self._meter.stage("window"):
            window.show(image)
        if fresh:
            self._meter.screen.tick()

    def _overlaid(self, window: Window, canvas: Canvas, settings: Snapshot, status: hud.Status) -> Image:
        image = window.fit(canvas.frame.image).copy()
        options = settings[WindowSettings]
        if options.help:
            hud.draw_help(image, self._help)
        elif options.hud:
            height, width = canvas.frame.image.shape[:2]
            hud.draw_cursor(image, canvas, hud.Placement.of((height, width), hw(image)))
        if options.hud or status.alarm:
            hud.draw_status(image, hud.describe(canvas, self._info), status)
        elif status.recording:
            hud.draw_recording(image)
        return image

    def _listen(self, window: Window) -> None:
        for key in window.pressed():
            before = self._controls.snapshot()
            self._answer = press(self._controls, self._info, key), time.monotonic() + ANSWER
            if self._controls.snapshot() is not before:
                self._pressed = time.monotonic(), self._controls.snapshot()
        for click in window.clicks():
            self._click(click.x, click.y, window, twice=click.twice)

    def _click(self, x: int, y: int, window: Window, *, twice: bool) -> None:
        """Choose the tile under the mouse; twice makes it large, and small again."""
        canvas = self.canvas
        if canvas is None or canvas.tiles is None:
            return
        height, width = canvas.frame.image.shape[:2]
        left, top = hud.Placement.of((height, width), window.size_hw).to_canvas(x, y)
        channel = canvas.tiles.at(left - canvas.panel.left, top - canvas.panel.top)
        if channel is not None:
            self._controls.set("tiles/channel", channel)
            if twice:
                self._controls.toggle("tiles/zoom")

    def _time_switch(self, canvas: Canvas) -> None:
        """Measure from a key press to the first canvas of what it asked for."""
        if self._pressed is None or canvas.waiting is not None:
            return
        pressed, settings = self._pressed
        if canvas.settings.version >= settings.version:
            self._meter.switch.add(time.monotonic() - pressed)
            self._pressed = None
