"""What a show without a camera opens: moving pictures, until a camera is connected."""

import logging
import sys
import threading
from collections.abc import Callable

from models.errors import SourceError
from realtime.capture.cameras.connected import camera_problem, list_cameras
from realtime.capture.pattern import Pattern
from realtime.capture.source import Source
from realtime.imaging.frame import Image

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds between two looks for a camera
ADVICE = "Plug one in, or use --source. Keys: h"


class Standby(Source):
    """Draws the test pattern while a thread looks for a camera, and then is that camera."""

    live = False

    def __init__(self, opener: Callable[[], Source], *, every: float = EVERY, fps: float = 30.0) -> None:
        self._opener, self._every = opener, every
        self._found: Source | None = None
        self._closed = threading.Event()
        self._become(Pattern(fps), notice=f"{_reason()} {ADVICE}")
        threading.Thread(target=self._search, name="standby", daemon=True).start()

    def read(self) -> Image:
        """Return the next image of the pattern, or of the camera once there is one."""
        if self._found is not None and self._found is not self._source:
            self._become(self._found, notice="")
            log.info("%s was connected", self.name)
        return self._source.read()

    def skip(self) -> None:
        """Skip one frame."""
        self._source.skip()

    def close(self) -> None:
        """Release the camera, and stop looking for one."""
        self._closed.set()
        self._source.close()

    def _become(self, source: Source, *, notice: str) -> None:
        self._source, self.notice = source, notice
        self.name, self.live, self.fps = source.name, source.live, source.fps

    def _search(self) -> None:
        while not self._closed.wait(self._every):
            try:
                found = self._opener()
            except SourceError:
                continue
            if self._closed.is_set():
                found.close()
            self._found = found
            return


class OpenOrStandBy:
    """Opens a camera; where there is none at the start of the show, stands by. A camera that is lost later is not."""

    def __init__(self, opener: Callable[[], Source], fps: float = 30.0) -> None:
        self._opener, self._fps = opener, fps
        self._opened = False

    def __call__(self) -> Source:
        """Open the camera, or stand by; SourceError when a camera is not back yet."""
        first, self._opened = not self._opened, True
        try:
            return self._opener()
        except SourceError:
            if not first:
                raise
            return Standby(self._opener, fps=self._fps)


def _reason() -> str:
    """Why there is no camera, as a sentence."""
    if sys.platform == "linux":  # elsewhere the list has cameras that do not exist
        for number in list_cameras():
            return f"Camera {number}: {camera_problem(number)}."
    return "No camera found."
