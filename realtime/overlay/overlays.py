"""All that is drawn over the canvas in the window, in its order."""

from models.spec import ModelInfo
from realtime.canvas.composer import Canvas
from realtime.canvas.layout import status_height
from realtime.controls.controls import Controls
from realtime.controls.settings import WindowSettings
from realtime.imaging.frame import Image, hw
from realtime.imaging.kept_drawing import KeptDrawing
from realtime.overlay import hud
from realtime.overlay.dialog import Dialog
from realtime.overlay.help import draw_help, draw_keys, help_screen, key_strip


class Overlays:
    """Draws cursor, dialog, help and status line of a show."""

    def __init__(self, controls: Controls, info: ModelInfo) -> None:
        self._controls, self._info = controls, info
        self._strip = KeptDrawing()
        self._keys: tuple[object, list[tuple[str, str]]] = (None, [])

    def draw(self, image: Image, canvas: Canvas, status: hud.Status, *, cursor: bool, dialog: Dialog | None) -> None:
        """Draw over the canvas in the window; the `cursor` only where it is seen.

        Help and a dialog that fills the window hide the status line, but no fault. An answer to a key is shown also
        while the status line is off.
        """
        options = self._controls.snapshot()[WindowSettings]
        covered = options.help or (dialog is not None and dialog.fills)
        if options.help:
            draw_help(image, help_screen(self._controls))
        elif cursor:
            hud.draw_cursor(image, canvas, hud.Placement.of(hw(canvas.frame.image), hw(image)))
        if dialog is not None:
            dialog.draw(image)
        if ((options.status or status.answer) and not covered) or status.alarm:
            self._draw_strip(image, canvas, status, keys=options.status)
        elif status.recording:
            hud.draw_recording(image)
        if status.waiting:
            hud.draw_waiting(image, status.waiting)
        if status.card and not (status.alarm or covered):
            hud.draw_card(image, status.card)

    def _draw_strip(self, image: Image, canvas: Canvas, status: hud.Status, *, keys: bool) -> None:
        """The status line and the keys above it; a fault lies beyond the strip."""
        text, shown = hud.describe(canvas, self._info), self._key_strip(canvas) if keys else []

        def draw() -> None:
            hud.draw_status(image, text, status)
            if keys:
                draw_keys(image, shown)

        if status.alarm:
            draw()
        else:
            strip = image[-status_height(hw(image)) :]
            self._strip.draw(strip, (hw(image), text, status, keys, tuple(shown)), draw)

    def _key_strip(self, canvas: Canvas) -> list[tuple[str, str]]:
        """The keys of the view, which are looked up only when something else is shown."""
        count = len(canvas.tiles.channels) if canvas.tiles is not None else 0
        shown = canvas.groups, canvas.unused, min(count, 2), canvas.layer is None, len(self._controls.actions)
        if self._keys[0] != shown:
            self._keys = shown, key_strip(self._controls, canvas)
        return self._keys[1]
