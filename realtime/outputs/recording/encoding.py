"""What ffmpeg is told: how pictures become an MP4, the spool of a GIF, and the GIF."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TypeAlias

Arguments: TypeAlias = tuple[str, ...]

Wh: TypeAlias = tuple[int, int]
"""A size in OpenCV's order: width, height."""

GIF_WIDTH = 640

_GIF_FPS = 50.0
"""Players slow down a GIF whose pictures stay for less than two hundredths of a second."""

_BT709 = "scale={}out_color_matrix=bt709:out_range=tv,format={},setparams=color_primaries=bt709:color_trc=bt709"

_EVEN = "ceil(iw/2)*2:ceil(ih/2)*2:"

SHOWN: Arguments = (  # 1280x720: veryfast costs 1.6 times as much, ultrafast 0.6 times for twice the size
    *("-vf", _BT709.format(_EVEN, "yuv420p")),
    *("-c:v", "libx264", "-preset", "superfast", "-crf", "23", "-threads", "2"),
)
"""For the eye: plays everywhere, takes little of the processor."""

SPOOLED: Arguments = (
    *("-vf", _BT709.format("", "yuv444p")),
    *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "6", "-threads", "2"),
)
"""For a GIF to be made from: every pixel its own colour, hardly any loss."""

_CRASH_SAFE: Arguments = (
    *("-movflags", "+hybrid_fragmented+negative_cts_offsets"),
    *("-frag_duration", "1000000", "-flush_packets", "1"),
)
"""A file that was cut off plays up to its last second; a finished one is an ordinary MP4."""

_CALM = "fps={},hqdn3d=0:0:3:3"
"""Sensor noise, seen or not, is a fifth of a GIF: take a little of it out over time, and nothing in space."""

_PAINT = "paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle"
"""An ordered dither stands still; the error-diffusing ones crawl in the dark, and take twice as long."""

_PALETTE: Arguments = ("-f", "rawvideo", "-pix_fmt", "bgra")


def encode(encoding: Arguments, *, fps: float, size_wh: Wh, to: Path) -> Arguments:
    """From raw BGR pictures on standard input to an MP4."""
    raw = ("-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", f"{size_wh[0]}x{size_wh[1]}")
    return (*raw, "-framerate", f"{fps}", *pipe(), "-g", f"{math.ceil(2 * fps)}", *encoding, *_CRASH_SAFE, at(to))


def find_palette(spool: Path, *, fps: float) -> Arguments:
    """From a spool to the 16x16 palette of all that moves in it, on standard output."""
    return ("-i", at(spool), "-vf", f"{_calm(fps)},palettegen=stats_mode=diff", *_PALETTE, "pipe:1")


def paint(spool: Path, *, fps: float, to: Path) -> Arguments:
    """From a spool, and its palette on standard input, to a GIF that loops for ever."""
    palette = (*_PALETTE, "-video_size", "16x16", *pipe())
    return ("-i", at(spool), *palette, "-lavfi", f"[0:v]{_calm(fps)}[calm];[calm][1:v]{_PAINT}", "-loop", "0", at(to))


def at(path: Path) -> str:
    """A path that is never taken for a protocol or an option."""
    return f"file:{path}"


def pipe() -> Arguments:
    """Standard input as the next input."""
    return ("-i", "pipe:0")


def _calm(fps: float) -> str:
    return _CALM.format(fps / math.ceil(fps / _GIF_FPS))
