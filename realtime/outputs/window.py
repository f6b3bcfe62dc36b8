"""The window: shows the canvas, reads keys and mouse. Only this file uses OpenCV's windows; main thread only."""

import ctypes
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import cv2

from models.errors import SetupError
from models.spec import Hw
from realtime.imaging.compositing import background, fit
from realtime.imaging.frame import Frame, Image
from realtime.outputs.output import Output
from realtime.threads.mailbox import Mailbox

NAME = "Ventral"

_CODES = {
    0x1B: "Esc",
    0x0D: "Enter",
    0x0A: "Enter",
    0xFF0D: "Enter",
    0xFF8D: "Enter",
    0xFF51: "Left",
    0xFF52: "Up",
    0xFF53: "Right",
    0xFF54: "Down",
    0xFF55: "PgUp",
    0xFF56: "PgDn",  # X11
    0x250000: "Left",
    0x260000: "Up",
    0x270000: "Right",
    0x280000: "Down",
    0x210000: "PgUp",
    0x220000: "PgDn",
    0xF702: "Left",
    0xF700: "Up",
    0xF703: "Right",
    0xF701: "Down",
    0xF72C: "PgUp",
    0xF72D: "PgDn",  # macOS
}


@dataclass(frozen=True, slots=True)
class Click:
    """A click of the left mouse button, in pixels of the window; `twice` for a double click."""

    x: int
    y: int
    twice: bool


class Window(Output):
    """A window that scales and letterboxes the canvas. The main thread drives it, where OpenCV wants it."""

    name = "window"

    def __init__(self, canvases: Mailbox[Frame], canvas_hw: Hw) -> None:
        super().__init__(canvases, canvas_hw)
        self._clicks: list[Click] = []
        self._was_visible = False
        self._fullscreen = False

    @classmethod
    def require(cls) -> None:
        """Raise SetupError where there is no screen: Qt would end the whole process."""
        require_display()

    @property
    def state(self) -> str:
        """Whether it is open, closed or failed."""
        return super().state if self.fault else "closed" if self.closed else "open"

    def __enter__(self) -> Self:
        if os.environ.get("WAYLAND_DISPLAY"):
            os.environ.setdefault("QT_QPA_PLATFORM", "xcb")  # OpenCV's wheel contains Qt without Wayland
        cv2.namedWindow(NAME, cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.resizeWindow(NAME, *self._canvas_hw[::-1])
        cv2.imshow(NAME, background(self._canvas_hw))
        cv2.pollKey()  # Qt paints now: until the first image the window would be white
        cv2.setMouseCallback(NAME, self._on_mouse)
        return self

    def __exit__(self, *_: object) -> None:
        if not self.closed:
            cv2.destroyWindow(NAME)

    @property
    def closed(self) -> bool:
        """Whether the user has closed the window."""
        try:
            visible = cv2.getWindowProperty(NAME, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # raised for a window that was closed
            visible = False
        self._was_visible = self._was_visible or visible
        return self._was_visible and not visible

    @property
    def size_hw(self) -> Hw:
        """The size of its content; that of the canvas until the window is on the screen."""
        _, _, width, height = cv2.getWindowImageRect(NAME)
        return (height, width) if width > 1 and height > 1 else self._canvas_hw

    def fit(self, canvas: Image) -> Image:
        """The canvas scaled and letterboxed to the window, so that text drawn on it is crisp."""
        return fit(canvas, self.size_hw)

    def show(self, image: Image) -> None:
        """Put an image of `size_hw` on the screen; what the system refuses becomes the `fault`."""
        try:
            cv2.imshow(NAME, image)
            self._rate.tick()
        except cv2.error as error:
            self.fail(error)

    def pressed(self) -> Iterator[str]:
        """The names of the keys pressed since the last call; a printable key is its own name."""
        while (code := cv2.pollKey()) != -1:
            name = key_name(code)
            if name:
                yield name

    def clicks(self) -> list[Click]:
        """The clicks since the last call."""
        clicks, self._clicks = self._clicks, []
        return clicks

    def set_fullscreen(self, on: bool) -> None:
        """Turn fullscreen on or off."""
        if on != self._fullscreen:
            mode = cv2.WINDOW_FULLSCREEN if on else cv2.WINDOW_NORMAL
            cv2.setWindowProperty(NAME, cv2.WND_PROP_FULLSCREEN, mode)
            self._fullscreen = on

    def _on_mouse(self, event: int, x: int, y: int, _flags: int, _data: object) -> None:
        if event in (cv2.EVENT_LBUTTONDOWN, cv2.EVENT_LBUTTONDBLCLK):
            self._clicks.append(Click(x, y, event == cv2.EVENT_LBUTTONDBLCLK))


def key_name(code: int) -> str | None:
    """The name of a key code from pollKey; None for an unknown key."""
    if code in _CODES:
        return _CODES[code]
    plain = code & 0xFF if code < 0xFF00 or code & 0xFF0000 else code
    return chr(plain) if 0x20 <= plain < 0x7F else None


def require_display() -> None:
    """Raise SetupError when there is no display: Qt would abort the whole process."""
    if not sys.platform.startswith("linux"):
        return
    instead = "use --sink none --record show.mp4, or ventral render"
    display = os.environ.get("DISPLAY")
    if not display:
        raise SetupError(f"there is no display (DISPLAY is not set); {instead}")
    if not _accepts_connections():
        raise SetupError(f"the display {display} does not answer; {instead}")


def _accepts_connections() -> bool:
    """Whether the X server in DISPLAY accepts a connection; True where this cannot be checked."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    broken = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not broken
