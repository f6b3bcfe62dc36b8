"""What the person at the keyboard and the mouse does."""

import time

from models.spec import Hw
from realtime.canvas.composer import Canvas
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.features.choose_places import choose_place, forget_places
from realtime.imaging.compositing import Rect
from realtime.outputs import window
from realtime.overlay.channel_entry import ChannelEntry
from realtime.overlay.dialog import Choice, Dialog
from realtime.overlay.layer_list import KEYS as LIST_KEYS
from realtime.overlay.layer_list import LayerList
from realtime.show.feedback import Feedback
from realtime.show.setup import RenderSetup
from realtime.views.click import Click, Place

SHOWN_FOR = 4.0  # seconds for which the cursor is seen after it has moved
STRONGER = 4  # by so much a notch of the wheel with shift changes the strength of the dream
CURSOR = ("tiles/up", "tiles/left", "tiles/down", "tiles/right")
LATE = 1.5  # seconds for which Enter still belongs to a number that was selected without it
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
        self._moved = self._selected = float("-inf")
        self._dialog: Dialog | None = None
        self._touched = 0.0  # when the dialog was used last
        self._first_in = ""  # the view of the first click of a double click

    @property
    def cursor_visible(self) -> bool:
        """Whether the cursor has moved in the last seconds."""
        return time.monotonic() - self._moved < SHOWN_FOR

    @property
    def dialog(self) -> Dialog | None:
        """What takes the keys now and is drawn over the canvas; None for nothing."""
        return self._dialog

    @action("tiles/number", "#", help="channel by its number: digits, then Enter or a moment")
    def type_channel(self, controls: Controls) -> str:
        """Begin the number of a channel, in a view that shows single channels."""
        view = self._views[str(controls.value("show/view"))]
        if not view.shows("tiles/channel", controls.snapshot()):
            return f"{view.name} shows no single channels; m shows the mosaic"
        self._show(ChannelEntry(self._info.layer(str(controls.value("show/layer")))))
        return ""

    @action("show/layers", *LIST_KEYS, help="all layers by name, to choose one")
    def list_layers(self, controls: Controls) -> str:
        """Open the list of all layers."""
        self._show(LayerList.of(self._info.name, self._info.layers, str(controls.value("show/layer"))))
        return ""

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
        """Press a key; the answer for the status line. A key that closes a dialog or the help does its own work too."""
        if self._dialog is not None and self._dialog.takes(key):
            return self._become(self._dialog.press(key))
        self._dialog = None
        if key == "Enter" and time.monotonic() - self._selected < LATE:
            return f"channel {self._controls.value('tiles/channel')} is selected"
        if self._controls.value("window/help") and self._controls.owner(key) not in ("window/help", "show/leave"):
            self._controls.set("window/help", False)
        view = self._views[str(self._controls.value("show/view"))]
        if view.plain is not None and key in view.bind.keys:
            return self._feedback.to_value(*view.plain)
        return self._feedback.to_key(key)

    def hold(self, key: str) -> str:
        """Go on pressing a key that is held, if it moves the cursor or a value by steps."""
        if self._dialog is not None:
            return self.press(key) if key in self._dialog.repeated else ""
        owner = self._controls.owner(key) or ""
        value = self._controls.table.get(owner)
        steps = value is not None and any(bind.verb == "step" and key in bind.keys for bind in value.binds)
        return self.press(key) if steps or owner in CURSOR else ""

    def wait(self) -> str:
        """Once a turn: a number that is typed counts after a moment, and a dialog that nobody uses closes."""
        if self._dialog is None:
            return ""
        state = self._dialog.wait(time.monotonic() - self._touched)
        if state == self._dialog:
            return ""
        if isinstance(state, Choice):
            self._selected = time.monotonic()
        return self._become(state)

    def turn(self, turn: window.Turn) -> str:
        """The wheel goes through the layers; with shift it makes the dream stronger or weaker."""
        if self._dialog is not None and (state := self._dialog.turn(turn.notches)) is not None:
            return self._become(state)
        self._dialog = None
        if turn.shift:
            return self._feedback.to_step("dream/strength", -STRONGER * turn.notches)
        return self._feedback.to_step("show/layer", turn.notches)

    def click(self, click: window.Click, place: tuple[float, float]) -> str:
        """A click at a place of the canvas, in pixels: on the camera picture, or on the view, which decides."""
        canvas, view = self.canvas, str(self._controls.value("show/view"))
        if click.button == "middle":
            return "the middle button has no function; the left one chooses"
        if canvas is None or (click.twice and view != self._first_in):
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
        layer = self._controls.value("show/layer")
        if channel is not None and canvas.layer is not None and canvas.layer.name != layer:
            return f"{layer} is not ready yet"
        described = Click(panel, _within(canvas.picture, place), channel, self._info, right=right, twice=click.twice)
        if channel is not None and not right:
            self._moved = time.monotonic()
        return self._feedback.to(lambda: self._views[view].click(self._controls, described))

    def click_dialog(self, click: window.Click, window_hw: Hw) -> str:
        """A click while a dialog is open, in pixels of the window; it closes most of them."""
        self._first_in = ""
        return self._become(self._dialog.click(click.x, click.y, window_hw) if self._dialog else None)

    def _show(self, dialog: Dialog) -> None:
        self._dialog, self._touched = dialog, time.monotonic()

    def _become(self, state: Dialog | Choice | None) -> str:
        """What a dialog becomes: its next state, or what was chosen in it."""
        if isinstance(state, Dialog):
            self._show(state)
            return ""
        self._dialog = None
        return self._feedback.to(lambda: self._choose(state), state.path) if state is not None else ""

    def _choose(self, choice: Choice) -> str:
        """Set what was chosen, and show where it is."""
        if choice.path == "tiles/channel":
            self._moved = time.monotonic()
        self._controls.set(choice.path, choice.value)
        return ""

    def _move(self, right: int, down: int) -> str:
        """Move the cursor over the tiles, from the first one if none is selected; it stops at the edges.

        A single tile shows the next channel after its own.
        """
        tiles, layer = (self.canvas.tiles, self.canvas.layer) if self.canvas else (None, None)
        if tiles is None or layer is None:
            return NO_TILES
        self._moved = time.monotonic()
        chosen = min(int(self._controls.value("tiles/channel")), layer.channels - 1)  # the canvas may be late
        if len(tiles.channels) == 1:
            channel = (tiles.channels[0] if chosen < 0 else chosen) + right + down
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
