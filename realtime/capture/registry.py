"""The table of sources: a new kind of source is one file and one row here."""

import os
from pathlib import Path

from models.errors import SourceError
from realtime.capture.cameras.kinds import AUTO_CAMERA, CAMERA_NAME, CAMERA_NUMBER
from realtime.capture.films.animation import ANIMATION
from realtime.capture.films.kinds import CLIP, STREAM
from realtime.capture.films.public_name import public_name
from realtime.capture.pattern import PATTERN
from realtime.capture.pictures import PICTURE, PICTURE_FOLDER
from realtime.capture.source import Source, SourceKind, SourceOptions

SOURCES: tuple[SourceKind, ...] = (
    AUTO_CAMERA,
    PATTERN,
    ANIMATION,
    PICTURE,
    CLIP,
    STREAM,
    CAMERA_NUMBER,
    PICTURE_FOLDER,
    CAMERA_NAME,
)
"""In order of precedence: the first row that matches opens the source."""


def open_source(text: str, options: SourceOptions = SourceOptions()) -> Source:  # noqa: B008, a frozen value
    """Open the source that `text` names; SourceError when it is unknown or gives no frame."""
    kind = _find(text)
    if kind is None:
        raise SourceError(_unknown(text))
    return kind.open(text, options)


def stands_still(text: str) -> bool:
    """Whether `text` names still pictures, which the show repeats endlessly."""
    kind = _find(text)
    return kind is not None and kind.stands_still


def _unknown(text: str) -> str:
    *others, last = dict.fromkeys(each.expected for each in SOURCES)
    is_path = "://" not in text and ("/" in text or Path(text).suffix)
    what = "there is no file" if is_path and not os.path.exists(text) else "unknown source"  # noqa: PTH110, any text
    return f"{what} '{public_name(text)}'; expected {', '.join(others)}, or {last}"


def _find(text: str) -> SourceKind | None:
    return next((kind for kind in SOURCES if kind.matches(text)), None)
