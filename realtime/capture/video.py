"""Cameras, network streams and video files: all that OpenCV's VideoCapture opens, and its only user."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from models.errors import SourceError
from realtime.capture.devices import why_not
from realtime.capture.source import EndOfSource, as_bgr
from realtime.imaging.frame import Image

# OpenCV reads this at every opening. FFmpeg would show a JPEG that arrived by half, its lower part grey.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|fflags;discardcorrupt")

FPS = 30.0
"""The rate assumed where nothing says otherwise."""

TRIES = 3
"""Bad reads in a row after which a live source counts as lost."""

ANSWER_MS = 5000
"""How long a server may take to answer, and then to send each picture."""

WHOLE = 0.9
"""A clip that gives less than this part of what it announces, often an estimate, is broken."""

BACKENDS = {
    "linux": (cv2.CAP_V4L2,),
    "win32": (cv2.CAP_DSHOW, cv2.CAP_MSMF),
    "darwin": (cv2.CAP_AVFOUNDATION,),
}


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What a live source agreed to, read back from it; `size_wh` is that of its first picture."""

    size_wh: tuple[int, int]
    fps: float
    fourcc: str
    backend: str


class Live:
    """A camera or a stream that is open and has given its first picture."""

    live = True

    def __init__(self, name: str, capture: cv2.VideoCapture, first: Image) -> None:
        self.name = name
        self.facts = _facts(capture, first)
        self.fps = self.facts.fps
        self._capture = capture
        self._first: Image | None = first

    def read(self) -> Image:
        """Take the next picture, after as long as the driver or the network likes."""
        image, self._first = self._first, None
        image = _try_to_read(self._capture, self.name) if image is None else image
        if image is None:
            raise SourceError(f"{self.name}: no picture in {TRIES} attempts")
        return image

    def skip(self) -> None:
        """Pass over one picture."""
        self.read()

    def close(self) -> None:
        """Give back the device or connection."""
        self._capture.release()


class Clip:
    """A video with an end; with `loop` it is opened again there, which even files that cannot seek allow.

    SourceError when it cannot be played, and when it breaks off long before its announced end.
    """

    live = False

    def __init__(self, name: str, opener: Callable[[], cv2.VideoCapture], *, loop: bool = False) -> None:
        self.name = name
        self._opener = opener
        self._loop = loop
        self._ahead = False
        self._given = 0
        self._start()
        self.fps = _rate(self._capture)

    def read(self) -> Image:
        """Take the next picture."""
        self.skip()
        good, image = self._capture.retrieve()
        if not good:
            raise SourceError(f"{self.name}: picture {self._given} cannot be decoded")
        return as_bgr(image, self.name)

    def skip(self) -> None:
        """Decode the next picture without converting it."""
        if not self._ahead and not self._capture.grab():
            self._end()
        self._ahead = False
        self._given += 1

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _start(self) -> None:
        self._capture = self._opener()
        self._given = 0
        self._ahead = self._capture.grab()
        if not self._ahead:
            raise SourceError(f"{self.name}: not one picture in it can be decoded")

    def _end(self) -> None:
        announced = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        elapsed = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 * self.fps
        if max(self._given, elapsed) < WHOLE * announced:  # with an uneven rate, the count alone misleads
            raise SourceError(f"{self.name} breaks off after {self._given} of {announced:.0f} pictures")
        if not self._loop:
            raise EndOfSource
        self._capture.release()
        self._start()


def open_camera(number: int, *, size_wh: tuple[int, int] = (1280, 720), fps: float = FPS) -> Live:
    """Open camera `number` and ask for a size and a rate; SourceError when it gives no picture."""
    name = f"camera {number}"
    for backend in BACKENDS.get(sys.platform, (cv2.CAP_ANY,)):
        capture = cv2.VideoCapture(number, backend)
        _ask(capture, size_wh, fps)
        if (first := _try_to_read(capture, name)) is not None:
            return Live(name, capture, first)
        capture.release()
    raise SourceError(f"{name}: {why_not(number)}")


def open_stream(url: str, *, loop: bool = False) -> Live | Clip:
    """Open what is at an http(s) or rtsp address: a stream without end, or a video file on a server."""
    name = public_name(url)
    capture = _connect(url)
    if url.lower().startswith("http") and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:
        capture.release()
        return Clip(name, lambda: _connect(url), loop=loop)
    if (first := _try_to_read(capture, name)) is None:
        capture.release()
        raise SourceError(f"{name} breaks off before its first picture")
    return Live(name, capture, first)


def open_clip(path: Path, *, loop: bool = False) -> Clip:
    """Open a video file; SourceError when it cannot be played."""
    return Clip(path.name, lambda: _open_file(path), loop=loop)


def public_name(url: str) -> str:
    """Strip an address of user, password and query, which belong on no screen."""
    return re.sub(r"(?<=://)[^/?#]*@|[?#].*", "", url)


def _ask(capture: cv2.VideoCapture, size_wh: tuple[int, int], fps: float) -> None:
    """Ask for JPEG pictures first: raw ones at full size and rate do not fit through USB 2."""
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size_wh[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size_wh[1])
    capture.set(cv2.CAP_PROP_FPS, fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)


def _facts(capture: cv2.VideoCapture, first: Image) -> StreamFormat:
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    letters = "".join(chr(byte) for byte in code.to_bytes(4, "little") if 32 < byte < 127)
    height, width = first.shape[:2]
    return StreamFormat((width, height), _rate(capture), letters, capture.getBackendName())


def _rate(capture: cv2.VideoCapture) -> float:
    """Pictures per second; drivers and files without a rate say 0, NaN or a time base such as 90000."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if math.isfinite(fps) and 0 < fps <= 240 else FPS


def _try_to_read(capture: cv2.VideoCapture, name: str) -> Image | None:
    for _ in range(TRIES):
        good, image = capture.read()
        if good:
            return as_bgr(image, name)
    return None


def _connect(url: str) -> cv2.VideoCapture:
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, ANSWER_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, ANSWER_MS]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        raise SourceError(
            f"{public_name(url)} sends no pictures;"
            " is the camera on, and is this the address of its MJPEG or RTSP stream?"
        )
    return capture


def _open_file(path: Path) -> cv2.VideoCapture:
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)  # resolved, so never taken for an address
    if empty or not capture.isOpened():
        what = "empty" if empty else "not a video, or broken"
        raise SourceError(f"{path.name} is {what}; expected a whole video file such as MP4, MKV, WebM or AVI")
    return capture
