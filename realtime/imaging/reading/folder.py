"""The pictures of a folder, in the order in which people count."""

import logging
import re
from pathlib import Path

from models.errors import SourceError
from realtime.imaging.reading.formats import SUFFIXES
from realtime.imaging.reading.names import shown_name

log = logging.getLogger(__name__)

NAMED = 3  # files that are named where some are left out

EXPECTED = "expected pictures, such as .jpg, .png, .webp, .gif or .avif files"


def list_pictures(folder: Path) -> list[Path]:
    """The files of a folder with the suffix of a picture, in natural order; the log says which others there are.

    SourceError when there are none.
    """
    pictures = pictures_in(folder)
    if not pictures:
        raise SourceError(f"no picture in the folder '{shown_name(folder, whole=True)}': {EXPECTED}")
    say_what_is_left_out(folder)
    return pictures


def pictures_in(folder: Path) -> list[Path]:
    """Like `list_pictures`, but there may be none, and nothing is said."""
    return [file for file in list_folder(folder) if file.suffix.lower() in SUFFIXES]


def say_what_is_left_out(folder: Path) -> None:
    """Log, in one line, what else than pictures is in a folder."""
    others = [shown_name(path) for path in list_folder(folder) if path.suffix.lower() not in SUFFIXES]
    if others:
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        log.warning("left out of %s: %s%s", shown_name(folder.resolve()), ", ".join(others[:NAMED]), more)


def list_folder(folder: Path) -> list[Path]:
    """What is in a folder, in natural order, without hidden files; SourceError when it cannot be read."""
    try:
        return sorted((file for file in folder.iterdir() if not file.name.startswith(".")), key=natural_order)
    except OSError as error:
        problem = f"cannot read the folder '{shown_name(folder, whole=True)}': {error.strerror}"
        raise SourceError(f"{problem}: expected a folder of pictures") from error


def natural_order(path: Path) -> tuple[list[tuple[str, int]], str]:
    """A key for sorting: numbers in names by their value, letters without regard to case."""
    parts = re.findall(r"([^0-9]*)([0-9]*)", path.name.casefold())
    return [(text, int(digits[:1000] or -1)) for text, digits in parts], path.name
