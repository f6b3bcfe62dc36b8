"""The window: shows the canvas, reads keys and mouse. Only this file uses pygame; main thread only."""

import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import pygame

from models.errors import SetupError
from models.spec import Hw
from realtime.imaging.compositing import BACKGROUND, fit, fitted
from realtime.imaging.frame import Frame, Image, hw
from realtime.imaging.text import ACCENT
from realtime.outputs.lost_display import on_lost_display
from realtime.outputs.output import Output
from realtime.threads.mailbox import Mailbox

log = logging.getLogger(__name__)

NAME = "Ventral"
SHARE = 0.9  # of the screen at most, so that the title bar and the panels of the desktop have room
TWICE = 0.4  # seconds within which a second click makes a double click
NEAR = 8  # pixels within which it does
INSTEAD = "use --sink none --record show.mp4, or ventral render"
REPEAT_MS = (400, 60)  # until a held key repeats, and between two repeats
IDLE = 3.0  # seconds without motion after which the mouse cursor hides
CHORD = "Ctrl+Shift+O"  # the only combination with Ctrl that has a name

Button: TypeAlias = Literal["left", "middle", "right"]

_BUTTONS: dict[int, Button] = {1: "left", 2: "middle", 3: "right"}

_KEYS = {
    pygame.K_ESCAPE: "Esc",
    pygame.K_RETURN: "Enter",
    pygame.K_KP_ENTER: "Enter",
    pygame.K_LEFT: "Left",
    pygame.K_RIGHT: "Right",
    pygame.K_UP: "Up",
    pygame.K_DOWN: "Down",
    pygame.K_PAGEUP: "PgUp",
    pygame.K_PAGEDOWN: "PgDn",
    pygame.K_BACKSPACE: "Backspace",
    pygame.K_TAB: "Tab",
    **{getattr(pygame, f"K_F{number}"): f"F{number}" for number in range(1, 13)},
}


@dataclass(frozen=True, slots=True)
class Click:
    """A press of a mouse button, in pixels of the window; `twice` for the second one of a double click."""

    x: float
    y: float
    button: Button = "left"
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the mouse wheel; `notches` are positive towards the user."""

    notches: int
    shift: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A key that is held down, again and again; `key` is its name."""

    key: str


WindowEvent: TypeAlias = str | Held | Click | Turn
"""What the audience does: the name of a key, where a printable key is its own name, or something with the mouse."""


class Window(Output):
    """A window that scales and letterboxes the canvas. It appears with its first picture; the main thread drives it.

    With `hides_mouse`, the mouse cursor is never seen over it. `shift` moves the picture, in pixels to the right and
    down; the system does not blank the screen while the window is there. `pictures` has what it shows.
    """

    name = "window"

    def __init__(self, canvases: Mailbox[Frame], canvas_hw: Hw) -> None:
        super().__init__(canvases, canvas_hw)
        self.closed = self.fullscreen = self._shown = False
        self.hides_mouse = False
        self.shift = (0, 0)
        self.pictures: Mailbox[Frame] = Mailbox()
        self._exposures = 0
        self._last_click = Click(-NEAR, -NEAR), 0.0
        self._moved = 0.0
        self._down: set[int] = set()

    @classmethod
    def require(cls) -> None:
        """Raise SetupError where there is no screen."""
        require_display()

    @property
    def state(self) -> str:
        """Whether it is open, closed or failed."""
        return super().state if self.fault else "closed" if self.closed else "open"

    def __enter__(self) -> Self:
        require_display()
        size = window_size(self._canvas_hw, screen_size())
        self._window = pygame.Window(
            NAME, size[::-1], pygame.WINDOWPOS_CENTERED, hidden=True, resizable=True, allow_high_dpi=True
        )
        self._window.set_icon(_icon())
        self._surface = self._window.get_surface()
        pygame.key.set_repeat(*REPEAT_MS)
        pygame.display.set_allow_screensaver(False)  # bound to this process: it ends with it, however that ends
        return self

    def __exit__(self, *_: object) -> None:
        self._window.destroy()
        pygame.display.quit()

    @property
    def size_hw(self) -> Hw:
        """The size of its content in pixels."""
        return self._surface.get_height(), self._surface.get_width()

    @property
    def look(self) -> tuple[Hw, int]:
        """Changes when the system has lost the picture, which must then be shown again."""
        return self.size_hw, self._exposures

    def fit(self, canvas: Image) -> Image:
        """The canvas scaled and letterboxed to the window, so that text drawn on it is crisp."""
        return fit(canvas, self.size_hw)

    def show(self, image: Image) -> None:
        """Put an image of `size_hw` on the screen; what the system refuses becomes the `fault`."""
        try:
            if self.shift != (0, 0):
                self._surface.fill(0)
            self._surface.blit(pygame.image.frombuffer(image.data, hw(image)[::-1], "BGR"), self.shift)
            if not self._shown:
                self._window.show()
            self._window.flip()
            if not self._shown:
                self._shown, self._moved = True, time.monotonic()
                if self.fullscreen:
                    self._window.set_fullscreen(desktop=True)
            self._rate.tick()
            self.pictures.put(Frame(image, self.pictures.version, time.monotonic()))
        except pygame.error as error:
            self.fail(error)

    def events(self) -> Iterator[WindowEvent]:
        """What the audience has done since the last call."""
        for event in pygame.event.get():
            if event.type == pygame.KEYDOWN:
                if name := key_name(event.key, event.unicode, event.mod):
                    yield Held(name) if event.key in self._down else name
                self._down.add(event.key)
            elif event.type == pygame.KEYUP:
                self._down.discard(event.key)
            elif event.type == pygame.MOUSEBUTTONDOWN and event.button in _BUTTONS:
                yield self._click(event.pos, _BUTTONS[event.button])
            elif event.type == pygame.MOUSEWHEEL:
                if notches := event.x - event.y:  # some systems turn the wheel with shift into a horizontal one
                    yield Turn(notches, shift=bool(pygame.key.get_mods() & pygame.KMOD_SHIFT))
            else:
                self._note(event)
        pygame.mouse.set_visible(not self.hides_mouse and time.monotonic() - self._moved < IDLE)

    def set_fullscreen(self, on: bool) -> None:
        """Turn fullscreen on or off, on the monitor where the window is."""
        if on == self.fullscreen:
            return
        self.fullscreen = on
        if not self._shown:
            self._cover_screen()
        elif on:
            self._window.set_fullscreen(desktop=True)
        else:
            self._window.set_windowed()
            if self._window.borderless:
                self._window.borderless = False
                self._window.size = window_size(self._canvas_hw, screen_size())[::-1]
                self._window.position = pygame.WINDOWPOS_CENTERED

    def _cover_screen(self) -> None:
        """Give the window the size of the screen before it appears.

        If it grew to it afterwards, it would first be seen small and then dark, for some tenths of a second.
        """
        self._window.borderless = True
        self._window.size = screen_size()[::-1]
        self._window.position = pygame.WINDOWPOS_CENTERED
        self._surface = self._window.get_surface()

    def _click(self, position: tuple[int, int], button: Button) -> Click:
        self._moved = now = time.monotonic()
        scale = self.size_hw[1] / self._window.size[0]  # pixels to a unit of the system
        click = Click(position[0] * scale, position[1] * scale, button)
        before, at = self._last_click
        near = abs(click.x - before.x) <= NEAR and abs(click.y - before.y) <= NEAR
        twice = now - at <= TWICE and near and before.button == button and not before.twice
        click = Click(click.x, click.y, button, twice)
        self._last_click = click, now
        return click

    def _note(self, event: pygame.Event) -> None:
        match event.type:
            case pygame.MOUSEMOTION:
                self._moved = time.monotonic()
            case pygame.WINDOWSIZECHANGED:
                self._surface = self._window.get_surface()
                self._exposures += 1
            case pygame.WINDOWEXPOSED:
                self._exposures += 1
            case pygame.WINDOWFOCUSLOST:
                self._down.clear()
            case pygame.QUIT | pygame.WINDOWCLOSE:
                self.closed = True


def key_name(key: int, text: str, modifiers: int) -> str | None:
    """The name of a key, or the character that it types; None for keys that only modify, and for those of the system.

    `text` depends on the layout of the keyboard; AltGr counts as a part of it.
    """
    if key == pygame.K_o and modifiers & pygame.KMOD_CTRL and modifiers & pygame.KMOD_SHIFT:
        return CHORD
    if modifiers & (pygame.KMOD_META | pygame.KMOD_LALT) or (modifiers & pygame.KMOD_CTRL and not text.isprintable()):
        return None
    return _KEYS.get(key) or (text if text and text.isprintable() else None)


def screen_size() -> Hw:
    """The size of the first screen; needs `require_display`."""
    width, height = pygame.display.get_desktop_sizes()[0]
    return height, width


def window_size(canvas_hw: Hw, screen_hw: Hw) -> Hw:
    """The size of a window for a canvas: that of the canvas, or what fits the screen."""
    room = int(screen_hw[0] * SHARE), int(screen_hw[1] * SHARE)
    return canvas_hw if canvas_hw[0] <= room[0] and canvas_hw[1] <= room[1] else fitted(canvas_hw, room)


def require_display() -> None:
    """Open the connection to the screen; SetupError where there is none."""
    if sys.platform.startswith("linux"):
        _choose_driver()
    try:
        pygame.display.init()
    except pygame.error as error:
        raise SetupError(f"the display {os.environ.get('DISPLAY', '')} does not answer ({error}); {INSTEAD}") from error
    on_lost_display(lambda: log.error("the display is gone"))


def _choose_driver() -> None:
    """X11 where there is an X server, also on Wayland: SDL would go on to drivers that show nothing."""
    display, wayland = os.environ.get("DISPLAY"), os.environ.get("WAYLAND_DISPLAY")
    if not (display or wayland):
        raise SetupError(f"there is no display (DISPLAY is not set); {INSTEAD}")
    os.environ.setdefault("SDL_VIDEODRIVER", "x11" if display else "wayland")
    os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")  # shows a picture in 0.5 ms instead of 4 ms


def _icon() -> pygame.Surface:
    """Rings around a point, as in an eye."""
    icon = pygame.Surface((64, 64))
    icon.fill(BACKGROUND[::-1])
    for radius, width in ((28, 3), (19, 4), (9, 0)):
        pygame.draw.circle(icon, ACCENT[::-1], (32, 32), radius, width)
    return icon
