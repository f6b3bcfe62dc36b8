"""Still pictures as a source: one file, or a folder in order of name."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from models.errors import SourceError
from realtime.capture.source import EndOfSource, as_bgr
from realtime.imaging.frame import Image

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
_STDERR = 2
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")

# Once and for all, because catch_warnings is not safe between threads: a decompression bomb is refused,
# and Pillow's remarks on odd metadata stay off the terminal.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("error", category=Pillow.DecompressionBombWarning)


def is_picture(path: Path) -> bool:
    """Whether the file begins like a picture of a kind that can be read, whatever its name says."""
    try:
        with Pillow.open(path, formats=FORMATS):
            return True
    except UnidentifiedImageError:
        return False
    except Exception:  # it was recognised, and read_picture will say what is wrong with it
        return True


def read_picture(path: Path) -> Image:
    """Read a picture, upright by its EXIF record, transparency over black; SourceError when broken."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise SourceError(f"{path.name}: it is not a file")
        with Pillow.open(path, formats=FORMATS) as picture:
            if picture.mode == "F":
                raise SourceError(f"{path.name}: floating-point pixels; save it with 8 or 16 bits")
            with _silence() if picture.format == "TIFF" else nullcontext():
                picture.load()
            ImageOps.exif_transpose(picture, in_place=True)
            return as_bgr(_array(picture), path.name)
    except SourceError:
        raise
    except Exception as error:  # a malformed file makes Pillow raise nearly anything
        raise SourceError(f"{path.name or path}: {_reason(error)}") from error


class Pictures:
    """Pictures read one by one, each given `hold` times; with `loop` they start again after the last.

    A broken picture is passed over and named once in `skipped`. SourceError when none can be read.
    """

    live = False

    def __init__(self, name: str, paths: list[Path], *, loop: bool = False, fps: float = 30.0, hold: int = 1) -> None:
        self.name = name
        self.fps = fps
        self.skipped: list[str] = []
        self._paths = list(paths)
        self._loop = loop
        self._hold = hold
        self._place = 0
        self._given = 0
        self._image: Image | None = self._load()

    def read(self) -> Image:
        """Take the present picture, or the next one when this was given often enough."""
        self.skip()
        if self._image is None:
            self._image = self._load()
        return self._image

    def skip(self) -> None:
        """Count the present picture as given once more; files passed over entirely are not read."""
        if self._given == self._hold:
            self._turn()
        self._given += 1

    def close(self) -> None:
        """Nothing to give back."""

    def _turn(self) -> None:
        """Go on to the next file."""
        self._place, self._given = self._place + 1, 0
        if self._place == len(self._paths):
            self._rewind()
        if len(self._paths) > 1:
            self._image = None

    def _rewind(self) -> None:
        if not self._loop:
            self._place, self._given = self._place - 1, self._hold
            raise EndOfSource
        self._place = 0

    def _load(self) -> Image:
        """Read the picture at the present place, or the first good one after it; bad ones leave the list."""
        reason = ""
        while self._paths:
            if self._place == len(self._paths):
                self._rewind()
            try:
                return read_picture(self._paths[self._place])
            except SourceError as error:
                reason = str(error)
                self.skipped.append(self._paths.pop(self._place).name)
        bad = len(self.skipped)
        raise SourceError(reason if bad == 1 else f"none of the {bad} pictures in {self.name} is good; {reason}")


def open_pictures(path: Path, *, loop: bool = False, fps: float = 30.0, hold: int = 1) -> Pictures:
    """One picture file, or the pictures of a folder in order of name."""
    if path.is_file():
        return Pictures(path.name, [path], loop=loop, fps=fps, hold=hold)
    found = list_pictures(path)
    return Pictures(path.resolve().name, found, loop=loop, fps=fps, hold=hold)


def list_pictures(folder: Path) -> list[Path]:
    """The files of a folder that are called like pictures, in order of name; SourceError when there are none."""
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(f"folder {folder} cannot be read: {error.strerror}") from error
    found = [file for file in files if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")]
    if not found:
        raise SourceError(f"no picture in the folder {folder}; expected files {' '.join(sorted(SUFFIXES))}")
    return found


def _array(picture: Pillow.Image) -> NDArray[Any]:
    """Pixels in the order that OpenCV uses: grey 16 bit, BGR or BGRA."""
    if picture.mode.startswith("I"):
        return np.asarray(np.clip(np.asarray(picture), 0, 65535), np.uint16)
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA"))[..., [2, 1, 0, 3]]
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))[..., ::-1]


@contextmanager
def _silence() -> Iterator[None]:
    """Keep off the terminal what libtiff writes there of damaged files, past Python and past Pillow."""
    with _silent:
        kept, nowhere = os.dup(_STDERR), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, _STDERR)
            yield
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)
            os.close(nowhere)


_silent = threading.Lock()  # of two that change places the second would keep the silence


def _reason(error: Exception) -> str:
    if isinstance(error, Pillow.DecompressionBombWarning | Pillow.DecompressionBombError):
        return f"more than {Pillow.MAX_IMAGE_PIXELS:,} pixels; make it smaller"
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        return f"{error.strerror}; expected a picture"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture that can be read; expected JPEG, PNG, BMP, WebP or TIFF with 8 or 16 bits"
    if isinstance(error, MemoryError):
        return "needs more memory than there is; make it smaller"
    return f"a broken picture ({' '.join(str(error).split()) or type(error).__name__})"
