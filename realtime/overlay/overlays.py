"""All that is drawn over the canvas in the window, in its order."""

from models.spec import ModelInfo
from realtime.canvas.composer import Canvas
from realtime.controls.controls import Controls
from realtime.controls.settings import WindowSettings
from realtime.imaging.frame import Image, hw
from realtime.overlay import hud
from realtime.overlay.dialog import Dialog
from realtime.overlay.help import draw_help, draw_keys, help_screen, key_strip


class Overlays:
    """Draws cursor, dialog, help and status line of a show."""

    def __init__(self, controls: Controls, info: ModelInfo) -> None:
        self._controls, self._info = controls, info

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
            hud.draw_status(image, hud.describe(canvas, self._info), status)
            if options.status:
                draw_keys(image, key_strip(self._controls, canvas))
        elif status.recording:
            hud.draw_recording(image)
        if status.card and not (status.alarm or covered):
            hud.draw_card(image, status.card)
