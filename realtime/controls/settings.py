"""The values of the show itself: what is shown, how it is laid out, how it is recorded."""

from dataclasses import dataclass
from typing import ClassVar

from realtime.controls.value import KeyBinding, value

GIF_MAX_MB = 8.0


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """What the show shows."""

    group: ClassVar[str] = "show"

    view: str = value("mosaic", "the view that is shown", KeyBinding(("v",), "cycle", "next view"))
    layer: str = value(
        "",
        "the layer that is shown",
        KeyBinding(("[", "u", "PgUp"), "step", "previous layer", -1),
        KeyBinding(("]", "o", "PgDn"), "step", "next layer", 1),
    )
    layout: str = value(
        "side",
        "how camera and view share the canvas: side by side, inset, or full (the view alone)",
        KeyBinding(("y",), "cycle", "layout: side by side, inset, full"),
        choices=("side", "inset", "full"),
    )
    fit: str = value(
        "cover",
        "how a picture that is alone lies on the canvas: cover (fills it, without its edges), or contain (all of it)",
        choices=("cover", "contain"),
    )
    caption: bool = value(True, "show the caption", KeyBinding((";",), "toggle", "caption on or off"))
    freeze: bool = value(False, "hold the current frame", KeyBinding((" ",), "toggle", "freeze", feedback="freeze"))
    mirror: bool = value(False, "mirror the picture", KeyBinding(("x",), "toggle", "mirror"))
    fps: float = value(
        30.0,
        "rate of the show, in fps, at most that of the source; a show that cannot hold it gives up size and precision",
        low=5,
        high=120,
    )
    fade: float = value(0.4, "length of a change from one picture to the next, in seconds", high=3)


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """What is drawn over the canvas in the window, and never recorded."""

    group: ClassVar[str] = "window"

    status: bool = value(True, "show the status line", KeyBinding(("`",), "toggle", "status line on or off"))
    help: bool = value(False, "show the help screen", KeyBinding(("h", "?"), "toggle", "help"))
    brightness: float = value(1.0, "brightness of the window; recordings are not dimmed")
    shift: bool = value(False, "move the picture in the window slowly by a few pixels, so that nothing burns in")
    waiting: str = value("Waiting for the picture", "what a kiosk says while its source is missing")
    fullscreen: bool = value(
        False,
        "fill the screen with the window",
        KeyBinding(("f",), "toggle", "fullscreen"),
        KeyBinding(("F5",), "set", "fullscreen", True),  # what a presenter's clicker sends for "begin"
    )


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """How recordings are written."""

    group: ClassVar[str] = "record"

    format: str = value(
        "gif",
        "file format of recordings",
        KeyBinding((".",), "cycle", "recording format: GIF, MP4, WebM or WebP", feedback="recording format"),
        choices=("gif", "mp4", "webm", "webp"),
    )
    replay_seconds: float = value(
        10.0, "how much of the show is kept in memory, to be saved later, in seconds; 0 for nothing", high=120
    )
    gif_fps: float = value(20.0, "frame rate of a GIF or WebP, in fps", low=2, high=25)
    gif_max_mb: float = value(
        GIF_MAX_MB,
        "largest size of a GIF, in MB; a longer one has a lower rate, a smaller size, fewer colours",
        low=0.5,
        high=500,
    )
    gif_quality: str = value(
        "good",
        "quality of a GIF: draft (written fast), good, or best (a palette for every frame; takes ten times as long)",
        choices=("draft", "good", "best"),
    )
    loop: str = value(
        "off",
        "how the end of a GIF, WebP or WebM joins its beginning: off, bounce (forwards, then backwards), or seamless "
        "(cut where both are alike, or with a cross-fade)",
        choices=("off", "bounce", "seamless"),
    )
    gif_loops: int = value(0, "how often a GIF or WebP plays; 0 for ever", low=0, high=1000)


RECORD_DEFAULTS = RecordSettings()
