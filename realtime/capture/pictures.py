"""Still pictures as a source: one file, or the files of a folder by name."""

import logging
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
from realtime.capture.source import EndOfSource, Source, SourceKind, SourceOptions, as_bgr
from realtime.imaging.frame import Image

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
_STDERR = 2
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF")

# Set once, because catch_warnings is not thread-safe: decompression bombs are errors, and Pillow's warnings about
# metadata stay off the terminal.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("error", category=Pillow.DecompressionBombWarning)


def is_picture(path: Path) -> bool:
    """Whether the file starts like a picture of a supported format, whatever its name."""
    try:
        with Pillow.open(path, formats=FORMATS):
            return True
    except UnidentifiedImageError:
        return False
    except Exception:  # recognized; read_picture reports what is wrong with it
        return True


def read_picture(path: Path) -> Image:
    """Read a picture, rotated by its EXIF orientation, transparency over black; SourceError when it is damaged."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise SourceError(f"{path.name}: not a file")
        with Pillow.open(path, formats=FORMATS) as picture:
            if picture.mode == "F":
                raise SourceError(f"{path.name}: floating-point pixels are not supported: save it with 8 or 16 bits")
            with _quiet_stderr() if picture.format == "TIFF" else nullcontext():
                picture.load()
            ImageOps.exif_transpose(picture, in_place=True)
            return as_bgr(_array(picture), path.name)
    except SourceError:
        raise
    except Exception as error:  # a malformed file makes Pillow raise nearly anything
        raise SourceError(f"{path.name or path}: {_reason(error)}") from error


class Pictures(Source):
    """Pictures in order, each repeated `hold` times; with `loop` they start again after the last.

    A damaged picture is skipped, with a warning in the log. SourceError when none can be read.
    """

    live = False
    fps = 30.0

    def __init__(self, name: str, paths: list[Path], *, loop: bool = False, hold: int = 1) -> None:
        self.name = name
        self._paths, self._given = list(paths), len(paths)
        self._loop = loop
        self._hold = hold
        self._index = 0
        self._repeats = 0
        self._image: Image | None = self._load()

    def read(self) -> Image:
        """Return the current picture, or the next one after `hold` reads."""
        self.skip()
        if self._image is None:
            self._image = self._load()
        return self._image

    def skip(self) -> None:
        """Count a read of the current picture; files that are skipped entirely are not read."""
        if self._repeats == self._hold:
            self._advance()
        self._repeats += 1

    def _advance(self) -> None:
        """Go to the next file."""
        self._index, self._repeats = self._index + 1, 0
        if self._index == len(self._paths):
            self._rewind()
        if len(self._paths) > 1:
            self._image = None

    def _rewind(self) -> None:
        if not self._loop:
            self._index, self._repeats = self._index - 1, self._hold
            raise EndOfSource
        self._index = 0

    def _load(self) -> Image:
        """Read the current picture, or the next good one; remove damaged ones from the list."""
        reason = ""
        while self._paths:
            if self._index == len(self._paths):
                self._rewind()
            try:
                return read_picture(self._paths[self._index])
            except SourceError as error:
                reason = str(error)
                del self._paths[self._index]
            if self._paths:
                log.warning("skipped %s", reason)
        given = self._given
        raise SourceError(reason if given == 1 else f"cannot read any of the {given} pictures in {self.name}: {reason}")


def open_pictures(path: Path, *, loop: bool = False, hold: int = 1) -> Pictures:
    """One picture file, or the pictures of a folder by name."""
    if path.is_file():
        return Pictures(path.name, [path], loop=loop, hold=hold)
    return Pictures(path.resolve().name, list_pictures(path), loop=loop, hold=hold)


def list_pictures(folder: Path) -> list[Path]:
    """The files of a folder with the suffix of a picture, by name; SourceError when there are none."""
    pictures = pictures_in(folder)
    if not pictures:
        raise SourceError(f"no picture in the folder '{folder}': expected files {' '.join(sorted(SUFFIXES))}")
    return pictures


def pictures_in(folder: Path) -> list[Path]:
    """Like `list_pictures`, but there may be none."""
    return [file for file in list_folder(folder) if file.suffix.lower() in SUFFIXES]


def list_folder(folder: Path) -> list[Path]:
    """What is in a folder, by name, without hidden files; SourceError when it cannot be read."""
    try:
        return sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    except OSError as error:
        raise SourceError(
            f"cannot read the folder '{folder}': {error.strerror}: expected a folder of pictures"
        ) from error


def _array(picture: Pillow.Image) -> NDArray[Any]:
    """Pixels in the order of OpenCV: 16-bit grey, BGR or BGRA."""
    if picture.mode.startswith("I"):
        return np.asarray(np.clip(np.asarray(picture), 0, 65535), np.uint16)
    if picture.has_transparency_data:
        return np.asarray(picture.convert("RGBA"))[..., [2, 1, 0, 3]]
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))[..., ::-1]


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


def _reason(error: Exception) -> str:
    if isinstance(error, Pillow.DecompressionBombWarning | Pillow.DecompressionBombError):
        return f"more than {Pillow.MAX_IMAGE_PIXELS:,} pixels: scale it down"
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        return f"{error.strerror}: expected a picture"
    if isinstance(error, UnidentifiedImageError):
        return "not a supported picture: expected JPEG, PNG, BMP, WebP or TIFF with 8 or 16 bits"
    if isinstance(error, MemoryError):
        return "not enough memory: scale it down"
    return f"damaged picture ({' '.join(str(error).split()) or type(error).__name__})"


def _is_picture_file(text: str) -> bool:
    path = Path(text)
    return os.path.isfile(text) and (is_picture(path) or path.suffix.lower() in SUFFIXES)  # noqa: PTH113, never raises


def _open(text: str, options: SourceOptions) -> Pictures:
    return open_pictures(Path(text), loop=options.loop, hold=options.hold)


PICTURE = SourceKind(expected="a picture", matches=_is_picture_file, open=_open, stands_still=True)
PICTURE_FOLDER = SourceKind(expected="a folder of pictures", matches=os.path.isdir, open=_open, stands_still=True)
