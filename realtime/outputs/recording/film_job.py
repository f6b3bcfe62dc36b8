"""A film that is written on a thread of its own, and how that has ended."""

from __future__ import annotations

import logging
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from models.errors import VentralError, one_line

log = logging.getLogger(__name__)


class FilmJob(ABC):
    """Writes a film to `path` and calls `done` with itself. Nothing is raised: `fault` says what went wrong.

    `saved` says whether the file at `path` is whole; `requested` is the name that was asked for. After `end_by`, as of
    time.monotonic(), whoever waits for it calls `give_up_encoding`.
    """

    def __init__(self, path: Path, done: Callable[[FilmJob], None]) -> None:
        self.path = self.requested = path
        self.saved = False
        self.end_by = math.inf
        self._done = done
        self._faults = list[str]()
        self._thread = threading.Thread(target=self._run, name=f"recording {path.name}", daemon=True)

    @property
    def fault(self) -> str:
        """What went wrong; empty for a film that is whole, or has not ended yet."""
        return "; ".join(self._faults)

    @property
    def seconds(self) -> float:
        """The length that has been written."""
        return 0.0

    @property
    def progress(self) -> float:
        """How much of the file is made, 0 to 1, where that is made at the end."""
        return 0.0

    @property
    def note(self) -> str:
        """What there is to know of the finished file."""
        return ""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait until it is finished; whether it is."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def give_up_encoding(self) -> None:
        """Keep what is encoded, if anything is left to encode."""
        return

    def interrupt(self) -> None:
        """Keep what can be kept at once."""
        return

    def end_conversion(self) -> None:
        """In a signal: end the process that makes a file from a video, if there is one."""
        return

    @abstractmethod
    def _write(self) -> None:
        """Write the file; raises VentralError."""

    def _run(self) -> None:
        try:
            self._write()
        except VentralError as error:
            self._faults.append(str(error))
        except Exception as error:
            log.exception("the recording of %s failed", self.path)
            self._faults.append(f"{self.path} failed: {one_line(error)}")
        self._done(self)
