"""What a show opens whose source is not there yet: moving pictures, until it is."""

import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError

from models.errors import SourceError
from realtime.capture.cameras.connected import camera_problem, list_cameras
from realtime.capture.pattern import Pattern
from realtime.capture.source import Source
from realtime.imaging.frame import Image

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds between two attempts to open the source
SLOW = 3.0  # seconds for opening it, after which moving pictures are shown meanwhile
ADVICE = "Plug one in, or use --source. Keys: h"


class Standby(Source):
    """Draws the test pattern while a thread tries to open a source, and then is that source.

    `say` makes the notice from the last fault, None while there is none; `attempt` is an opening that runs already.
    """

    live = False

    def __init__(
        self,
        opener: Callable[[], Source],
        say: Callable[[SourceError | None], str],
        *,
        attempt: Future[Source] | None = None,
        every: float = EVERY,
        fps: float = 30.0,
    ) -> None:
        self._opener, self._say, self._every = opener, say, every
        self._attempt = attempt
        self._found: Source | None = None
        self._closed = threading.Event()
        self._become(Pattern(fps), notice=say(_fault_of(attempt)))
        threading.Thread(target=self._search, name="standby", daemon=True).start()

    def read(self) -> Image:
        """Return the next image of the pattern, or of the source once it is open."""
        if self._found is not None and self._found is not self._source:
            self._become(self._found, notice="")
            log.info("%s was connected", self.name)
        return self._source.read()

    def skip(self) -> None:
        """Skip one frame."""
        self._source.skip()

    def close(self) -> None:
        """Release the source, and stop trying to open it."""
        self._closed.set()
        self._source.close()

    @property
    def next_duration(self) -> float:
        """That of the pattern, or of the source."""
        return self._source.next_duration

    def _become(self, source: Source, *, notice: str) -> None:
        self._source, self.notice = source, notice
        self.name, self.live, self.fps, self.device = source.name, source.live, source.fps, source.device

    def _search(self) -> None:
        attempt = self._attempt
        while not self._closed.is_set():
            try:
                found = attempt.result() if attempt is not None else self._opener()
            except Exception as error:
                if not isinstance(error, SourceError):  # the thread must not end unseen, with the show waiting for ever
                    log.exception("the source could not be opened")
                self.notice = self._say(error if isinstance(error, SourceError) else None)
                attempt = None
                self._closed.wait(self._every)
                continue
            if self._closed.is_set():
                found.close()
            self._found = found
            return


class OpenOrStandBy:
    """Opens a source; where it is not there at the start of the show, stands by. One that is lost later is not."""

    def __init__(
        self, opener: Callable[[], Source], fps: float = 30.0, *, say: Callable[[SourceError | None], str] | None = None
    ) -> None:
        self._opener, self._fps, self._say = opener, fps, say or no_camera
        self._opened = False

    def __call__(self) -> Source:
        """Open the source, or stand by where that fails or takes long; SourceError when a lost one is not back yet."""
        first, self._opened = not self._opened, True
        if not first:
            return self._opener()
        attempt = _started(self._opener)
        try:
            return attempt.result(SLOW)
        except (SourceError, LateError):
            source = Standby(self._opener, self._say, attempt=attempt, fps=self._fps)
            log.info("%s", source.notice)
            return source


def no_camera(_fault: SourceError | None) -> str:
    """The notice of a show for which no source was chosen."""
    if sys.platform == "linux":  # elsewhere the list has cameras that do not exist
        for number in list_cameras():
            return f"Camera {number}: {camera_problem(number)}. {ADVICE}"
    return f"No camera found. {ADVICE}"


def waiting(fault: SourceError | None) -> str:
    """The notice of a show that waits for its source."""
    return f"Waiting for the source: {fault or 'it does not answer'}"


def _fault_of(attempt: Future[Source] | None) -> SourceError | None:
    """Why an attempt has failed; None while it runs."""
    error = attempt.exception() if attempt is not None and attempt.done() else None
    return error if isinstance(error, SourceError) else None


def _started(opener: Callable[[], Source]) -> Future[Source]:
    """The opening of a source on a thread of its own, which nobody waits for at the end: a driver may hang."""
    future = Future[Source]()

    def run() -> None:
        try:
            future.set_result(opener())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="opening", daemon=True).start()
    return future
