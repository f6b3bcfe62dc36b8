"""The arguments of ffmpeg for an MP4, for the video from which a GIF is made, and for the GIF."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Arguments: TypeAlias = tuple[str, ...]

Wh: TypeAlias = tuple[int, int]  # a size in OpenCV's order: width, height

GIF_WIDTH = 640
GIF_COLOURS = 256

_GIF_FPS = 50.0  # players slow down a GIF with frames of less than two hundredths of a second

_BT709 = "scale={}out_color_matrix=bt709:out_range=tv,format={},setparams=color_primaries=bt709:color_trc=bt709"

_EVEN = "ceil(iw/2)*2:ceil(ih/2)*2:"

H264: Arguments = (  # 1280x720: veryfast costs 1.6 times as much, ultrafast 0.6 times for twice the size
    *("-vf", _BT709.format(_EVEN, "yuv420p")),
    *("-c:v", "libx264", "-preset", "superfast", "-crf", "23", "-threads", "2"),
)
"""For viewing: plays everywhere and needs little CPU time."""

NEARLY_LOSSLESS: Arguments = (
    *("-vf", _BT709.format("", "yuv444p")),
    *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "6", "-threads", "2"),
)
"""As the source of a GIF: full colour resolution and hardly any loss."""

_CRASH_SAFE: Arguments = (
    *("-movflags", "+hybrid_fragmented+negative_cts_offsets"),
    *("-frag_duration", "250000", "-flush_packets", "1"),
)
"""A truncated file plays up to its last second; a finished one is an ordinary MP4."""

_PREPARE = "fps={},scale={}:{}:flags=area,hqdn3d=0:0:3:3"
"""Sensor noise makes up a fifth of a GIF: it is reduced a little over time, and not at all in space."""

_APPLY_PALETTE = "paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle"
"""Ordered dithering is stable over time; error diffusion flickers in dark areas and takes twice as long."""

_STDIN: Arguments = ("-i", "pipe:0")
_PALETTE: Arguments = ("-f", "rawvideo", "-pix_fmt", "bgra")


def encode(encoding: Arguments, *, fps: float, size_wh: Wh, to: Path, text: str = "") -> Arguments:
    """From raw BGR images on standard input to an MP4, with a `text` as its comment."""
    comment = ("-metadata", f"comment={text}") if text else ()
    raw = ("-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", f"{size_wh[0]}x{size_wh[1]}")
    keys = ("-g", f"{math.ceil(2 * fps)}")
    return (*raw, "-framerate", f"{fps}", *_STDIN, *keys, *encoding, *comment, *_CRASH_SAFE, file_url(to))


@dataclass(frozen=True, slots=True)
class GifQuality:
    """The frame rate, the size and the number of colours of a GIF."""

    fps: float
    size_wh: Wh
    colours: int = GIF_COLOURS


def make_palette(video: Path, quality: GifQuality) -> Arguments:
    """From a video to the 16x16 palette of everything that moves in it, on standard output."""
    palette = f"palettegen=stats_mode=diff:max_colors={quality.colours}"
    return ("-i", file_url(video), "-vf", f"{_prepare(quality)},{palette}", *_PALETTE, "pipe:1")


def make_gif(video: Path, quality: GifQuality, *, to: Path, stop_at: int | None) -> Arguments:
    """From a video, and its palette on standard input, to a GIF that loops endlessly; it ends after `stop_at` bytes."""
    palette = (*_PALETTE, "-video_size", "16x16", *_STDIN)
    graph = f"[0:v]{_prepare(quality)}[prepared];[prepared][1:v]{_APPLY_PALETTE}"
    limit = () if stop_at is None else ("-fs", f"{stop_at}")
    return ("-i", file_url(video), *palette, "-lavfi", graph, "-loop", "0", *limit, file_url(to))


def file_url(path: Path) -> str:
    """A path that is never read as another protocol or an option."""
    return f"file:{path}"


def _prepare(quality: GifQuality) -> str:
    return _PREPARE.format(quality.fps / math.ceil(quality.fps / _GIF_FPS), *quality.size_wh)
