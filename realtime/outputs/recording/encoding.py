"""The arguments of ffmpeg for an MP4, and for the video from which other formats are made."""

import math
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

Arguments: TypeAlias = tuple[str, ...]

Wh: TypeAlias = tuple[int, int]  # a size in OpenCV's order: width, height

GIF_WIDTH = 640

_BT709 = "scale={}out_color_matrix=bt709:out_range=tv,format={},setparams=color_primaries=bt709:color_trc=bt709"

_EVEN = "ceil(iw/2)*2:ceil(ih/2)*2:"

H264: Arguments = (  # 1280x720: veryfast costs 1.6 times as much, ultrafast 0.6 times for twice the size
    *("-vf", _BT709.format(_EVEN, "yuv420p")),
    *("-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-crf", "23", "-threads", "2"),
)
"""For viewing: plays everywhere and needs little CPU time. Without a delay in the encoder it is 3 % larger."""

VP9: Arguments = (  # 1280x720: 27 ms of CPU time a frame, H264 above 17 ms
    *("-vf", _BT709.format(_EVEN, "yuv420p")),
    *("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1", "-threads", "2"),
    *("-lag-in-frames", "0", "-crf", "34", "-b:v", "0"),
)
"""For web pages, in real time."""

NEARLY_LOSSLESS: Arguments = (
    *("-vf", _BT709.format("", "yuv444p")),
    *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "3", "-threads", "2"),
)
"""As the source of other formats: full colour resolution, and a loss of 44 to 46 dB."""

LOSSLESS: Arguments = (
    *("-vf", _BT709.format("", "yuv444p")),
    *("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-threads", "2"),
)
"""As the source of the best GIFs: 52 dB, as only colours are rounded; 1.5 to 2 times the room, the same CPU time."""

_CRASH_SAFE: Arguments = (*("-movflags", "+hybrid_fragmented", "-frag_duration", "250000", "-flush_packets", "1"),)
"""A truncated file plays up to its last second, or two where the canvas stays; a finished one is an ordinary MP4."""

_STDIN: Arguments = (
    *("-probesize", "32", "-analyzeduration", "0", "-fpsprobesize", "0"),  # the header says it all
    *("-f", "nut", "-i", "pipe:0"),
)

_TIMES: Arguments = ("-fps_mode", "passthrough", "-enc_time_base", "demux")

COUNT: Arguments = ("-stats_enc_post", "pipe:1", "-stats_enc_post_fmt", "")
"""One byte on standard output for each image that is encoded."""

COUNT_BEFORE: Arguments = ("-stats_enc_pre", "pipe:1", "-stats_enc_pre_fmt", "")
"""One for each image that is about to be encoded: of an encoder that gives everything at the end."""


def encode(encoding: Arguments, *, fps: float, to: Path, text: str = "") -> Arguments:
    """From a `RawVideo` on standard input to an MP4 with its times, with a `text` as its comment."""
    comment = ("-metadata", f"comment={text}") if text else ()
    keys = ("-g", f"{math.ceil(2 * fps)}")  # forced by time (-force_key_frames), they make a film a quarter larger
    return (*_STDIN, *_TIMES, *keys, *encoding, *COUNT, *comment, *_CRASH_SAFE, file_url(to))


def as_fraction(fps: float) -> Fraction:
    """A frame rate as a video file stores it."""
    return Fraction(fps).limit_denominator(1000)


def file_url(path: Path) -> str:
    """A path that is never read as another protocol or an option."""
    return f"file:{path}"
