"""The arguments of ffmpeg for an MP4, and for the video from which other formats are made."""

import math
from pathlib import Path
from typing import TypeAlias

Arguments: TypeAlias = tuple[str, ...]

Wh: TypeAlias = tuple[int, int]  # a size in OpenCV's order: width, height

GIF_WIDTH = 640

_BT709 = "scale={}out_color_matrix=bt709:out_range=tv,format={},setparams=color_primaries=bt709:color_trc=bt709"

_EVEN = "ceil(iw/2)*2:ceil(ih/2)*2:"

H264: Arguments = (  # 1280x720: veryfast costs 1.6 times as much, ultrafast 0.6 times for twice the size
    *("-vf", _BT709.format(_EVEN, "yuv420p")),
    *("-c:v", "libx264", "-preset", "superfast", "-crf", "23", "-threads", "2"),
)
"""For viewing: plays everywhere and needs little CPU time."""

VP9: Arguments = (  # 1280x720: 27 ms of CPU time a frame, H264 above 17 ms
    *("-vf", _BT709.format(_EVEN, "yuv420p")),
    *("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1", "-threads", "2"),
    *("-lag-in-frames", "0", "-crf", "34", "-b:v", "0"),
)
"""For web pages, in real time."""

NEARLY_LOSSLESS: Arguments = (
    *("-vf", _BT709.format("", "yuv444p")),
    *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "3", "-threads", "2"),
)
"""As the source of other formats: full colour resolution, and a loss of 44 to 46 dB."""

LOSSLESS: Arguments = (
    *("-vf", _BT709.format("", "yuv444p")),
    *("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-threads", "2"),
)
"""As the source of the best GIFs: 52 dB, as only colours are rounded; 1.5 to 2 times the room, the same CPU time."""

_CRASH_SAFE: Arguments = (
    *("-movflags", "+hybrid_fragmented+negative_cts_offsets"),
    *("-frag_duration", "250000", "-flush_packets", "1"),
)
"""A truncated file plays up to its last second; a finished one is an ordinary MP4."""

_STDIN: Arguments = ("-i", "pipe:0")


def encode(encoding: Arguments, *, fps: float, size_wh: Wh, to: Path, text: str = "") -> Arguments:
    """From raw BGR images on standard input to an MP4, with a `text` as its comment."""
    comment = ("-metadata", f"comment={text}") if text else ()
    raw = ("-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", f"{size_wh[0]}x{size_wh[1]}")
    keys = ("-g", f"{math.ceil(2 * fps)}")
    return (*raw, "-framerate", f"{fps}", *_STDIN, *keys, *encoding, *comment, *_CRASH_SAFE, file_url(to))


def file_url(path: Path) -> str:
    """A path that is never read as another protocol or an option."""
    return f"file:{path}"
