"""What the user typed, turned into a source: a word, a number, a name, a path or an address."""

from __future__ import annotations

import re
from pathlib import Path

from models.errors import SourceError
from realtime.capture.devices import cameras_called, list_cameras
from realtime.capture.pattern import Pattern
from realtime.capture.pictures import SUFFIXES, is_picture, open_pictures
from realtime.capture.source import Source
from realtime.capture.video import open_camera, open_clip, open_stream

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
SCHEMES = ("http", "https", "rtsp", "rtsps")
INSTEAD = "a video, a picture, a folder of pictures, an http or rtsp address, or 'pattern'"
ACCEPTED = f"'auto', a camera's number or name, {INSTEAD}"


def open_source(
    text: str, *, loop: bool = False, size_wh: tuple[int, int] = (1280, 720), fps: float = 30.0, hold: int = 1
) -> Source:
    """Open the source that `text` names; SourceError when it does not give at least one picture.

    'auto' is the first camera that gives pictures and 'pattern' the test pattern; else an existing file,
    an address, a camera number, an existing folder, a camera name, in this order. `size_wh` and `fps` are
    asked of a camera; `fps` is also the rate of still pictures, each held for `hold` reads; `loop` starts
    videos and pictures again at their end.
    """
    if text in ("auto", "pattern"):
        return Pattern() if text == "pattern" else _first_camera(list(list_cameras()), size_wh, fps)
    path = _existing(text)
    if path is not None and path.is_file():
        return _open_file(path, loop=loop, fps=fps, hold=hold)
    if address := ADDRESS.match(text):
        return _open_address(text, address[1].lower(), loop=loop)
    if re.fullmatch(r"\d{1,4}", text):
        return open_camera(int(text), size_wh=size_wh, fps=fps)
    if path is not None and path.is_dir():
        return open_pictures(path, loop=loop, fps=fps, hold=hold)
    if numbers := _numbers(text):
        return _first_camera(numbers, size_wh, fps)
    raise SourceError(f"no such file, camera or address: '{text}'; expected {ACCEPTED}")


def stands_still(text: str) -> bool:
    """Whether `text` names still pictures, which a show repeats for ever."""
    path = _existing(text)
    return path is not None and (path.is_dir() or (path.is_file() and is_picture(path)))


def _existing(text: str) -> Path | None:
    try:
        path = Path(text)
        return path if text and path.exists() else None
    except (OSError, ValueError):  # too long, or with characters that no path can hold
        return None


def _open_file(path: Path, *, loop: bool, fps: float, hold: int) -> Source:
    if is_picture(path) or path.suffix.lower() in SUFFIXES:
        return open_pictures(path, loop=loop, fps=fps, hold=hold)
    return open_clip(path, loop=loop)


def _open_address(text: str, scheme: str, *, loop: bool) -> Source:
    if scheme not in SCHEMES:
        raise SourceError(f"addresses with {scheme}:// cannot be shown; expected one with {', '.join(SCHEMES)}")
    return open_stream(text, loop=loop)


def _numbers(text: str) -> list[int]:
    """Camera numbers behind a camera's name or a path such as /dev/video0."""
    device = re.fullmatch(r"/dev/video(\d+)", text)
    return [int(device[1])] if device else cameras_called(text)


def _first_camera(numbers: list[int], size_wh: tuple[int, int], fps: float) -> Source:
    reason = "none is plugged in"
    for number in numbers:
        try:
            return open_camera(number, size_wh=size_wh, fps=fps)
        except SourceError as error:
            reason = str(error)
    raise SourceError(f"no camera gives pictures ({reason}); expected a camera, or instead {INSTEAD}")
