"""The controls of the show itself: what is shown, how it is laid out, and what keys fire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from realtime.controls.controls import Bind, control


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """What the show shows."""

    group: ClassVar[str] = "show"

    view: str = control(
        "mosaic",
        "which view is shown",
        Bind(("v",), "cycle", "next view"),
    )
    layer: str = control(
        "",
        "which layer is shown",
        Bind(("[", "u", "PgUp"), "step", "layer before", -1),
        Bind(("]", "o", "PgDn"), "step", "layer after", 1),
    )
    layout: str = control(
        "side",
        "how camera and view share the screen",
        Bind(("y",), "cycle", "layout: side by side, inset, view alone"),
        choices=("side", "inset", "full"),
    )
    caption: bool = control(True, "words for the stage of the network", Bind((";",), "toggle", "caption on and off"))
    freeze: bool = control(False, "hold the picture", Bind((" ",), "toggle", "freeze"))
    mirror: bool = control(False, "camera as a mirror", Bind(("x",), "toggle", "mirror"))
    fade: float = control(0.25, "seconds of cross-fade between layers", high=3)


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """What lies over the canvas in the window, and never in a recording."""

    group: ClassVar[str] = "window"

    hud: bool = control(True, "status line", Bind(("`",), "toggle", "status line on and off"))
    help: bool = control(False, "help screen", Bind(("h", "?"), "toggle", "this help"))
    fullscreen: bool = control(False, "fill the screen", Bind(("f",), "toggle", "fullscreen"))


@dataclass(frozen=True, slots=True)
class ActionSettings:
    """Rows that only fire."""

    group: ClassVar[str] = "do"

    record: int = control(0, "start or stop recording", Bind(("r",), "trigger", "record, and stop"))
    preset: int = control(0, "how the dream goes", Bind(("9",), "trigger", "next dream preset"))
    tile: int = control(
        0, "dream of one channel", Bind(("\\", "Enter"), "trigger", "dream of the chosen tile; again: of the layer")
    )
    replay: int = control(0, "keep what was just seen", Bind(("e",), "trigger", "save the last ten seconds"))
    snapshot: int = control(0, "keep this picture", Bind(("w",), "trigger", "snapshot"))
    reset: int = control(0, "every control to its default", Bind(("Esc",), "trigger", "reset"))
    quit: int = control(0, "end the show", Bind(("q",), "trigger", "quit"))


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """How takes are written."""

    group: ClassVar[str] = "record"

    format: str = control(
        "gif",
        "file format of a take",
        Bind((".",), "cycle", "record as GIF or MP4", said="takes"),
        choices=("gif", "mp4"),
    )
    gif_fps: float = control(20.0, "pictures per second of a GIF", low=2, high=25)
