"""The writer for a file name: .mp4, .gif or .png."""

from pathlib import Path

from models.files import file_state
from realtime.controls.settings import GIF_MAX_MB
from realtime.outputs.recording.encoding import GIF_WIDTH, Wh
from realtime.outputs.recording.gif import GifWriter
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.mp4 import Mp4Writer
from realtime.outputs.recording.paths import check_writable
from realtime.outputs.recording.png import PngWriter


def open_writer(
    path: Path, *, fps: float, size_wh: Wh, force: bool = False, gif_max_mb: float = GIF_MAX_MB, text: str = ""
) -> ImageWriter:
    """Open a writer for images of `size_wh`; OutputError when `path` cannot be written.

    Images wider than 640 pixels are scaled down in a GIF. Any frame rate is possible: a GIF rounds frame times to
    hundredths of a second, keeps the total time, and drops frames above 50 fps. It falls to a lower quality where it
    would be larger than `gif_max_mb`. `text` is kept inside the file: the settings that made it.
    """
    check_writable(path, force=force, suffixes=(".mp4", ".gif", ".png"))
    replaces = file_state(path) if force else None
    if path.suffix.lower() == ".png":
        return PngWriter(path, fps, replaces=replaces, text=text)
    if path.suffix.lower() == ".gif":
        output_wh = _scaled(size_wh, GIF_WIDTH)
        return GifWriter(path, fps, size_wh, output_wh, replaces=replaces, max_mb=gif_max_mb, text=text)
    return Mp4Writer(path, fps, size_wh, size_wh, replaces=replaces, text=text)


def _scaled(size_wh: Wh, max_width: int) -> Wh:
    width = min(size_wh[0], max_width)
    return width, max(round(size_wh[1] * width / size_wh[0]), 1)
