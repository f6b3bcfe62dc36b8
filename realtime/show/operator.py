"""What the person at the keyboard and the mouse does."""

import time

from realtime.canvas.pipeline import Canvas
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.features.choose_places import choose_place, forget_places
from realtime.imaging.compositing import Rect
from realtime.outputs import window
from realtime.show.feedback import Feedback
from realtime.show.setup import RenderSetup
from realtime.views.click import Click, Place

SHOWN_FOR = 4.0  # seconds for which the cursor is seen after it has moved
STRONGER = 4  # by so much a notch of the wheel with shift changes the strength of the dream
CURSOR = ("tiles/up", "tiles/left", "tiles/down", "tiles/right")
NO_TILES = "there are no tiles here; m shows the mosaic"


class Operator:
    """Passes keys and the wheel on to the controls, and clicks to the view; `canvas` is the one on the screen.

    Each method returns an answer for the status line where the picture does not show what happened.
    """

    def __init__(self, setup: RenderSetup) -> None:
        self.canvas: Canvas | None = None
        self._controls, self._info = setup.controls, setup.network.info
        self._views = {view.name: view for view in setup.views}
        self._feedback = Feedback(setup.controls, setup.views)
        self._moved = float("-inf")
        self._first_in = ""  # the view of the first click of a double click

    @property
    def cursor_visible(self) -> bool:
        """Whether the cursor has moved in the last seconds."""
        return time.monotonic() - self._moved < SHOWN_FOR

    @action("tiles/up", "i", "Up", help="cursor up")
    def up(self, controls: Controls) -> str:
        """Select the tile above."""
        return self._move(0, -1)

    @action("tiles/left", "j", "Left", help="cursor left")
    def left(self, controls: Controls) -> str:
        """Select the tile at the left."""
        return self._move(-1, 0)

    @action("tiles/down", "k", "Down", help="cursor down")
    def down(self, controls: Controls) -> str:
        """Select the tile below."""
        return self._move(0, 1)

    @action("tiles/right", "l", "Right", help="cursor right")
    def right(self, controls: Controls) -> str:
        """Select the tile at the right."""
        return self._move(1, 0)

    @action("show/leave", "Esc", help="leave the help, then the large tile, then fullscreen")
    def leave(self, controls: Controls) -> str:
        """Leave what was entered last; it never resets anything."""
        view = self._views[str(controls.value("show/view"))]
        for path in ("window/help", "tiles/zoom", "window/fullscreen"):
            if controls.value(path) and view.shows(path, controls.snapshot()):
                controls.set(path, False)
                return ""
        return "nothing to leave; Backspace resets all controls, q quits"

    @action("show/reset", "Backspace", help="reset all controls")
    def reset(self, controls: Controls) -> str:
        """Set every value back to the start of the show; the window stays as large as it is."""
        fullscreen = controls.value("window/fullscreen")
        controls.reset()
        controls.set("window/fullscreen", fullscreen)
        return "all controls are as at the start"

    def press(self, key: str) -> str:
        """Press a key; the answer for the status line. Any other key closes the help too."""
        if self._controls.value("window/help") and self._controls.owner(key) not in ("window/help", "show/leave"):
            self._controls.set("window/help", False)
        return self._feedback.to_key(key)

    def hold(self, key: str) -> str:
        """Go on pressing a key that is held, if it moves the cursor or a value by steps."""
        owner = self._controls.owner(key) or ""
        value = self._controls.table.get(owner)
        steps = value is not None and any(bind.verb == "step" and key in bind.keys for bind in value.binds)
        return self.press(key) if steps or owner in CURSOR else ""

    def turn(self, turn: window.Turn) -> str:
        """The wheel goes through the layers; with shift it makes the dream stronger or weaker."""
        if turn.shift:
            return self._feedback.to_step("dream/strength", -STRONGER * turn.notches)
        return self._feedback.to_step("show/layer", turn.notches)

    def click(self, click: window.Click, place: tuple[float, float]) -> str:
        """A click at a place of the canvas, in pixels: on the camera picture, or on the view, which decides."""
        canvas, view = self.canvas, str(self._controls.value("show/view"))
        if canvas is None or click.button == "middle" or (click.twice and view != self._first_in):
            return ""
        self._first_in = view
        right = click.button == "right"
        if canvas.camera and (of_frame := _within(canvas.camera, place)):
            if click.twice and not right:
                return self._feedback.to(lambda: forget_places(self._controls))
            return self._feedback.to(lambda: choose_place(self._controls, of_frame, wanted=not right))
        panel = _within(canvas.panel, place)
        if canvas.view != view:
            return f"{view} is not ready yet"
        if panel is None:
            return "click on the picture"
        channel = canvas.tiles.at(place[0] - canvas.panel.left, place[1] - canvas.panel.top) if canvas.tiles else None
        described = Click(panel, _within(canvas.picture, place), channel, self._info, right=right, twice=click.twice)
        if channel is not None and not right:
            self._moved = time.monotonic()
        return self._feedback.to(lambda: self._views[view].click(self._controls, described))

    def _move(self, right: int, down: int) -> str:
        """Move the cursor over the tiles, from the first one if none is selected; it stops at the edges.

        A single tile shows the next channel.
        """
        tiles, layer = (self.canvas.tiles, self.canvas.layer) if self.canvas else (None, None)
        if tiles is None or layer is None:
            return NO_TILES
        self._moved = time.monotonic()
        chosen = min(int(self._controls.value("tiles/channel")), layer.channels - 1)  # the canvas may be late
        if len(tiles.channels) == 1:
            channel = chosen + right + down
            self._controls.set("tiles/channel", min(max(channel, 0), layer.channels - 1))
            return "" if 0 <= channel < layer.channels else f"{layer.name} has no further channel"
        if chosen not in tiles.channels:
            self._controls.set("tiles/channel", tiles.channels[0])
            return ""
        row, col = divmod(tiles.channels.index(chosen), tiles.grid.cols)
        row, col = row + down, col + right
        place = row * tiles.grid.cols + col
        if row >= 0 and 0 <= col < tiles.grid.cols and place < len(tiles.channels):
            self._controls.set("tiles/channel", tiles.channels[place])
        return ""


def _within(box: Rect, place: tuple[float, float]) -> Place | None:
    """A point as shares of a rectangle, or None beside it."""
    x, y = (place[0] - box.left) / box.width, (place[1] - box.top) / box.height
    return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None
