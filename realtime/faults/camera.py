"""A source that fails when it is told to."""

import time
from collections.abc import Callable

import cv2
import numpy as np

from models.errors import SourceError
from realtime.capture.source import Source
from realtime.faults.fault import Faults
from realtime.imaging.frame import Image

TURN = 0.02  # seconds


def failing_source(opener: Callable[[], Source], faults: Faults) -> Callable[[], Source]:
    """An opener whose sources fail like cameras, and are live like them; without faults, the opener itself."""
    if not faults.of("camera"):
        return opener

    def open_source() -> Source:
        _wait(faults, "hang")
        if faults.now("camera") == "lost":
            raise SourceError("the camera is not there (caused by --fault)")
        return FailingSource(opener(), faults)

    return open_source


class FailingSource(Source):
    """Gives the images of another source at its frame rate, and fails as ordered."""

    live = True

    def __init__(self, source: Source, faults: Faults) -> None:
        self._source, self._faults = source, faults
        self.name, self.fps, self.device = source.name, source.fps, source.device
        self._last: Image | None = None
        self._due = time.monotonic()

    def read(self) -> Image:
        """The next image, in the way that is ordered for now."""
        self._due = max(self._due + 1 / self.fps, time.monotonic() - 1.0)
        time.sleep(max(self._due - time.monotonic(), 0.0))
        _wait(self._faults, "hang")
        kind = self._faults.now("camera")
        if kind == "frozen" and self._last is not None:
            return self._last
        if kind == "lost":
            raise SourceError("it was unplugged (caused by --fault)")
        if kind == "error":
            raise RuntimeError("caused by --fault")
        self._last = image = self._source.read()
        return spoiled(image, kind)

    def close(self) -> None:
        """Release the source."""
        self._source.close()


def spoiled(image: Image, kind: str | None) -> Image:
    """An image as a failing camera gives it."""
    match kind:
        case "small":
            return np.asarray(cv2.resize(image, None, fx=0.5, fy=0.25), np.uint8)
        case "grey":
            return np.full_like(image, 128)
        case "noise":
            return np.random.default_rng().integers(0, 256, image.shape, np.uint8)
    return image


def _wait(faults: Faults, kind: str) -> None:
    while faults.now("camera") == kind:
        time.sleep(TURN)
