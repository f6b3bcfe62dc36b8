"""The commands of ffmpeg for a GIF of draft and of good quality: first a palette, then the GIF."""

from pathlib import Path

from realtime.outputs.recording.encoding import COUNT, Arguments, file_url
from realtime.outputs.recording.gif.parameters import GifParameters

_DENOISED = "hqdn3d=0:0:3:3"
"""Sensor noise makes up a fifth of a GIF: it is reduced a little over time, and not at all in space."""

_DITHERED = "paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle"
"""Ordered dithering is stable over time; error diffusion flickers in dark areas and takes twice as long."""

_PLAIN = "paletteuse=dither=none:diff_mode=rectangle"

_RAW: Arguments = ("-f", "rawvideo", "-pix_fmt", "bgra")


def draft_palette(video: Path, parameters: GifParameters) -> Arguments:
    """From the key frames of a video, one in two seconds of motion, to a palette of 16x16 pixels on standard output."""
    key_frames = ("-skip_frame", "nokey", "-i", file_url(video))
    size = f"scale={parameters.size_wh[0]}:{parameters.size_wh[1]}:flags=area"
    return (*key_frames, "-vf", f"{size},palettegen=max_colors={parameters.colours}", *_RAW, "pipe:1")


def draft_gif(video: Path, parameters: GifParameters, *, to: Path, stop_at: int | None, loops: int) -> Arguments:
    """From a video, and its palette on standard input, to a GIF without dithering; it ends after `stop_at` bytes."""
    return (*_with_palette(video, f"{parameters.frames}", _PLAIN), *_output(to, stop_at, loops))


def good_palette(video: Path, parameters: GifParameters) -> Arguments:
    """From a video to the palette of everything that moves in it, on standard output."""
    palette = f"palettegen=stats_mode=diff:max_colors={parameters.colours}"
    return ("-i", file_url(video), "-vf", f"{parameters.frames},{_DENOISED},{palette}", *_RAW, "pipe:1")


def good_gif(video: Path, parameters: GifParameters, *, to: Path, stop_at: int | None, loops: int) -> Arguments:
    """From a video, and its palette on standard input, to a dithered GIF; it ends after `stop_at` bytes."""
    return (*_with_palette(video, f"{parameters.frames},{_DENOISED}", _DITHERED), *_output(to, stop_at, loops))


def _with_palette(video: Path, prepare: str, use: str) -> Arguments:
    palette = (*_RAW, "-video_size", "16x16", "-i", "pipe:0")
    return ("-i", file_url(video), *palette, "-lavfi", f"[0:v]{prepare}[prepared];[prepared][1:v]{use}")


def _output(to: Path, stop_at: int | None, loops: int) -> Arguments:
    """`loops` is how often it plays; 0 for ever. In the file it is how often it is repeated, and -1 for never."""
    repeats = loops - 1 if loops > 1 else -loops
    limit = () if stop_at is None else ("-fs", f"{stop_at}")
    return (*COUNT, "-loop", f"{repeats}", *limit, file_url(to))
