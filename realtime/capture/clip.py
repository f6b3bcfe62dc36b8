"""Video files as a source."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2

from models.errors import SourceError
from realtime.capture.source import EndOfSource, Source, SourceKind, as_bgr
from realtime.capture.video import VideoCapture, frame_rate, open_file
from realtime.imaging.frame import Image

COMPLETE = 0.9  # a clip with less than this share of its announced frames, which may be an estimate, is broken


class Clip(Source):
    """A video with an end; with `loop` it is opened again there, which works even for files that cannot seek.

    SourceError when it cannot be played, and when it ends long before its announced end.
    """

    live = False

    def __init__(self, name: str, opener: Callable[[], VideoCapture], *, loop: bool = False) -> None:
        self.name = name
        self._opener = opener
        self._loop = loop
        self._grabbed = False
        self._start()
        self.fps = frame_rate(self._capture)

    def read(self) -> Image:
        """Return the next image."""
        self.skip()
        good, image = self._capture.retrieve()
        if not good:
            raise SourceError(f"{self.name}: cannot decode frame {self._read_frames}")
        return as_bgr(image, self.name)

    def skip(self) -> None:
        """Decode the next frame without converting it."""
        if not self._grabbed and not self._capture.grab():
            self._end()
        self._grabbed = False
        self._read_frames += 1

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _start(self) -> None:
        self._capture = self._opener()
        self._read_frames = 0
        self._grabbed = self._capture.grab()
        if not self._grabbed:
            raise SourceError(f"{self.name}: cannot decode any frame")

    def _end(self) -> None:
        announced = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        expected = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 * self.fps
        if max(self._read_frames, expected) < COMPLETE * announced:  # the count alone misleads at an uneven rate
            raise SourceError(f"{self.name}: the video ends after {self._read_frames} of {announced:.0f} frames")
        if not self._loop:
            raise EndOfSource
        self._capture.release()
        self._start()


def open_clip(path: Path, *, loop: bool = False) -> Clip:
    """Open a video file; SourceError when it cannot be played."""
    return Clip(path.name, lambda: open_file(path), loop=loop)


CLIP = SourceKind(
    expected="a video", matches=os.path.isfile, open=lambda text, options: open_clip(Path(text), loop=options.loop)
)
