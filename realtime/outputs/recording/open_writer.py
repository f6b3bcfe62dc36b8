"""The writer for a file name."""

from pathlib import Path

from models.files import file_state
from realtime.controls.settings import RECORD_DEFAULTS, RecordSettings
from realtime.outputs.recording.encoding import GIF_WIDTH, Wh
from realtime.outputs.recording.formats.mp4 import Mp4Writer
from realtime.outputs.recording.formats.png import PngWriter
from realtime.outputs.recording.formats.png_sequence import PngSequenceWriter, check_sequence
from realtime.outputs.recording.formats.webm import WebmWriter
from realtime.outputs.recording.formats.webp import WebpWriter
from realtime.outputs.recording.gif.gif_writer import BestGifWriter, GifWriter
from realtime.outputs.recording.image_writer import ImageWriter
from realtime.outputs.recording.paths import MIN_FREE_AT_START, check_writable

FILMS = (".mp4", ".gif", ".webm", ".webp")
"""The names of files that hold films."""


def check_film(path: Path, *, force: bool, room: int = MIN_FREE_AT_START) -> Path:
    """Return `path` if a film or a sequence of PNG files can be written there; OutputError otherwise."""
    if path.suffix.lower() == ".png":
        return check_sequence(path, room)
    return check_writable(path, force=force, suffixes=FILMS, room=room)


def open_writer(
    path: Path,
    *,
    fps: float,
    size_wh: Wh,
    force: bool = False,
    settings: RecordSettings = RECORD_DEFAULTS,
    text: str = "",
) -> ImageWriter:
    """Open a writer for images of `size_wh`; OutputError when `path` cannot be written.

    A .png file holds one image, and one with a number in its name, such as film-%05d.png, is a sequence.

    Images wider than 640 pixels are scaled down in a GIF or WebP. Any frame rate is possible: a GIF rounds frame
    times to hundredths of a second, keeps the total time, and drops frames above 50 fps. `settings` say how a GIF is
    written; it falls to a lower rate and so on where it would be larger than they say. `text`
    is kept inside the file: the settings that made it.
    """
    if path.suffix.lower() == ".png" and "%" in path.name:
        return PngSequenceWriter(path, fps, text=text)
    check_writable(path, force=force, suffixes=(*FILMS, ".png"))
    replaces = file_state(path) if force else None
    if path.suffix.lower() == ".png":
        return PngWriter(path, fps, replaces=replaces, text=text)
    if path.suffix.lower() == ".webm":
        return WebmWriter(path, fps, size_wh, _even(size_wh), replaces=replaces, settings=settings, text=text)
    if path.suffix.lower() in (".gif", ".webp"):
        gif = BestGifWriter if settings.gif_quality == "best" else GifWriter
        animation, output_wh = gif if path.suffix.lower() == ".gif" else WebpWriter, _scaled(size_wh, GIF_WIDTH)
        return animation(path, fps, size_wh, output_wh, replaces=replaces, settings=settings, text=text)
    return Mp4Writer(path, fps, size_wh, size_wh, replaces=replaces, text=text)


def _even(size_wh: Wh) -> Wh:
    return size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2


def _scaled(size_wh: Wh, max_width: int) -> Wh:
    width = min(size_wh[0], max_width)
    return width, max(round(size_wh[1] * width / size_wh[0]), 1)
