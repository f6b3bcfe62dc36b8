"""The one reader of pictures: for sources and commands, for training and guides."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from models.errors import SourceError
from realtime.imaging.bgr import as_bgr
from realtime.imaging.frame import Image
from realtime.imaging.reading.colours import to_srgb
from realtime.imaging.reading.names import shown_name
from realtime.imaging.reading.open_picture import open_picture

_STDERR = 2


def read_picture(path: Path) -> Image:
    """Read a picture, upright and in sRGB, over the background where it is transparent; the first one if it moves.

    SourceError when it is damaged, too large, or no picture.
    """
    with open_picture(path) as picture:
        with _quiet_stderr() if picture.format == "TIFF" else nullcontext():
            picture.load()
        return to_image(picture, shown_name(path))


def to_image(picture: Pillow.Image, name: str) -> Image:
    """The image of a loaded picture; SourceError for pixels that are no colours."""
    if picture.mode == "F":
        raise SourceError(f"{name}: floating-point pixels are not supported: save it with 8 or 16 bits")
    with suppress(Exception):  # EXIF may be any bytes, and the picture is as good without
        ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I"):
        return as_bgr(np.clip(np.asarray(picture), 0, 65535).astype(np.uint16), name)
    if not picture.has_transparency_data:
        return as_bgr(np.asarray(to_srgb(picture))[..., ::-1], name)
    picture = picture.convert("RGBA")
    colours = np.asarray(to_srgb(picture.convert("RGB")))
    return as_bgr(np.dstack([colours[..., ::-1], np.asarray(picture.getchannel("A"))]), name)


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Suppress what libtiff writes about damaged files to stderr, bypassing Python and Pillow."""
    with _stderr_lock:
        original, devnull = os.dup(_STDERR), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(devnull, _STDERR)
            yield
        finally:
            os.dup2(original, _STDERR)
            os.close(original)
            os.close(devnull)


_stderr_lock = threading.Lock()  # two threads that swap stderr at once could leave it suppressed
