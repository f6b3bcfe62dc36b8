"""The main thread's part of the show: draws canvas and status line in the window, passes keys and clicks on."""

import time
from collections.abc import Callable, Sequence

from models.spec import ModelInfo
from realtime.canvas.pipeline import Canvas
from realtime.controls.action import action
from realtime.controls.controls import Controls, Snapshot
from realtime.controls.settings import WindowSettings
from realtime.controls.value import Scalar
from realtime.imaging.frame import Image, hw
from realtime.outputs.output import Output
from realtime.outputs.window import Click, Window
from realtime.show import hud
from realtime.show.help import draw_help, draw_keys, help_screen, key_strip
from realtime.show.meter import Meter
from realtime.threads.mailbox import Mailbox

FEEDBACK = 2.0  # seconds for which the feedback to a key stays on the status line
TURN = 0.016  # seconds that a turn waits for a new canvas: keys are read at 60 Hz


class Screen:
    """Shows the newest canvas in the window, where there is one, and passes on what the audience does."""

    def __init__(self, outputs: Sequence[Output], controls: Controls, meter: Meter, info: ModelInfo) -> None:
        self._window = next((each for each in outputs if isinstance(each, Window)), None)
        self._controls = controls
        self._meter = meter
        self._info = info
        self._seen = 0
        self._drawn: tuple[Snapshot, hud.Status, object] | None = None
        self._changed: tuple[float, Snapshot] | None = None
        self._feedback = ("", 0.0)
        self.canvas: Canvas | None = None
        controls.subscribe(self._note_change)

    @property
    def closed(self) -> bool:
        """Whether the window was closed."""
        return self._window is not None and self._window.closed

    @property
    def feedback(self) -> str:
        """What the last key did, for a moment, where the picture does not show it; empty otherwise."""
        text, until = self._feedback
        return text if time.monotonic() < until else ""

    def turn(self, canvases: Mailbox[Canvas], status: Callable[[Canvas], hud.Status]) -> None:
        """Show what is new, then read keys and clicks."""
        fresh, self._seen = canvases.get(self._seen, TURN)
        if fresh is not None:
            self.canvas = fresh
            self._time_switch(fresh)
        if self._window is not None and not self._window.fault:
            if self.canvas is not None:
                self._show(self._window, self.canvas, status(self.canvas), fresh=fresh is not None)
            self._listen(self._window)

    @action("tiles/up", "i", "Up", help="cursor up")
    def up(self, controls: Controls) -> None:
        """Select the tile above."""
        self._move(0, -1)

    @action("tiles/left", "j", "Left", help="cursor left")
    def left(self, controls: Controls) -> None:
        """Select the tile at the left."""
        self._move(-1, 0)

    @action("tiles/down", "k", "Down", help="cursor down")
    def down(self, controls: Controls) -> None:
        """Select the tile below."""
        self._move(0, 1)

    @action("tiles/right", "l", "Right", help="cursor right")
    def right(self, controls: Controls) -> None:
        """Select the tile at the right."""
        self._move(1, 0)

    def _move(self, right: int, down: int) -> None:
        """Move the cursor over the tiles; it stops at the edges. A single tile shows the next channel."""
        tiles, layer = (self.canvas.tiles, self.canvas.layer) if self.canvas else (None, None)
        if tiles is None:
            return
        if len(tiles.channels) == 1 and layer:
            channel = tiles.channels[0] + right + down
            self._controls.set("tiles/channel", min(max(channel, 0), layer.channels - 1))
            return
        row, col = divmod(tiles.selected or 0, tiles.grid.cols)
        row, col = row + down, col + right
        place = row * tiles.grid.cols + col
        if row >= 0 and 0 <= col < tiles.grid.cols and place < len(tiles.channels):
            self._controls.set("tiles/channel", tiles.channels[place])

    def _show(self, window: Window, canvas: Canvas, status: hud.Status, *, fresh: bool) -> None:
        settings = self._controls.snapshot()
        if not fresh and self._drawn == (settings, status, window.look):
            return
        self._drawn = settings, status, window.look
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
            draw_help(image, help_screen(self._controls))
        elif options.status:
            height, width = canvas.frame.image.shape[:2]
            hud.draw_cursor(image, canvas, hud.Placement.of((height, width), hw(image)))
        if (options.status and not options.help) or status.alarm:
            hud.draw_status(image, hud.describe(canvas, self._info), status)
            if options.status:
                draw_keys(image, key_strip(self._controls, canvas))
        elif status.recording:
            hud.draw_recording(image)
        return image

    def _listen(self, window: Window) -> None:
        for event in window.events():
            if isinstance(event, str):
                self._feedback = self._controls.press(event), time.monotonic() + FEEDBACK
            elif isinstance(event, Click):
                self._click(event.x, event.y, window, twice=event.twice)

    def _note_change(self, _path: str, _value: Scalar) -> None:
        self._changed = time.monotonic(), self._controls.snapshot()

    def _click(self, x: float, y: float, window: Window, *, twice: bool) -> None:
        """Select the tile under the mouse; a double click makes it large, or small again."""
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
        """Measure the time from a change to the first canvas that shows it."""
        if self._changed is None or canvas.waiting is not None:
            return
        changed, settings = self._changed
        if canvas.settings.version >= settings.version:
            self._meter.switch.add(time.monotonic() - changed)
            self._changed = None
