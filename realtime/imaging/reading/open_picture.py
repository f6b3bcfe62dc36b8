"""Open a picture file with Pillow; every error is one line."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from models.errors import SourceError
from realtime.imaging.reading.formats import SUFFIXES, formats_of
from realtime.imaging.reading.names import shown_name
from realtime.imaging.reading.png_chunks import SIGNATURE, picture_chunks

logging.getLogger("PIL").setLevel(logging.ERROR)

# Set once, because catch_warnings is not thread-safe: decompression bombs are errors, and Pillow's warnings about
# metadata stay off the terminal.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
warnings.filterwarnings("error", category=Pillow.DecompressionBombWarning)

HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


@contextmanager
def open_picture(path: Path) -> Iterator[Pillow.Image]:
    """The picture in a file, not yet loaded; SourceError for whatever is wrong with it, also within the block."""
    name = shown_name(path)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise SourceError(f"{name}: not a file")
        with path.open("rb") as file:
            head = file.read(12)
            file.seek(0)
            formats = formats_of(path)
            if _is_heif(head):
                _load_heif(name)
                formats = ("HEIF",)
            with Pillow.open(picture_chunks(file) if head.startswith(SIGNATURE) else file, formats=formats) as picture:
                yield picture
    except SourceError:
        raise
    except Exception as error:  # a malformed file makes Pillow raise nearly anything
        raise SourceError(f"{name}: {_reason(error)}") from error


def is_picture(path: Path) -> bool:
    """Whether the file starts like a picture of a supported format, whatever its name."""
    try:
        with open_picture(path):
            return True
    except SourceError as error:
        return not isinstance(error.__cause__, UnidentifiedImageError)


def is_picture_file(text: str) -> bool:
    """Whether a text is the name of a file that is a picture, or is called like one."""
    if not os.path.isfile(text):  # noqa: PTH113, never raises
        return False
    path = Path(text)
    return path.suffix.lower() in SUFFIXES or is_picture(path)


def _is_heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS


def _load_heif(name: str) -> None:
    """Teach Pillow the formats of the extra `heif`; SourceError when it is not installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise SourceError(f"{name}: HEIC pictures need the extra 'heif': run uv sync --extra heif") from error
    register_heif_opener()


def _reason(error: Exception) -> str:
    if isinstance(error, Pillow.DecompressionBombWarning | Pillow.DecompressionBombError):
        return f"more than {Pillow.MAX_IMAGE_PIXELS:,} pixels: scale it down"
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        return f"{error.strerror}: expected a picture"
    if isinstance(error, UnidentifiedImageError):
        return "not a supported picture: expected JPEG, PNG, WebP, GIF, AVIF, BMP or TIFF, among others"
    if isinstance(error, MemoryError):
        return "not enough memory: scale it down"
    return f"damaged picture ({' '.join(str(error).split()) or type(error).__name__})"
