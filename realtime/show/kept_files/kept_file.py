"""A file that is written again and again while a show runs, on a thread of its own: no disk holds up the show."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Self

from models.errors import OutputError
from models.files import write_atomically

log = logging.getLogger(__name__)


class KeptFile:
    """Keeps `path` as new as `period` seconds; the main thread calls `turn`. Leaving it writes once more.

    `fault` says why the last writing failed.
    """

    def __init__(self, path: Path, content: Callable[[], bytes], *, period: float) -> None:
        self.path, self.fault = path, ""
        self._content, self._period = content, period
        self._writer = ThreadPoolExecutor(1, path.name)
        self._writing: Future[None] | None = None
        self._due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writing is not None:
            wait([self._writing])
        self._write(self._content())
        self._writer.shutdown()

    def turn(self) -> None:
        """Write what there is now, if it is time and the last writing has ended."""
        now = time.monotonic()
        if now >= self._due and (self._writing is None or self._writing.done()):
            self._due = now + self._period
            self._writing = self._writer.submit(self._write, self._content())

    def _write(self, content: bytes) -> None:
        """Write the file; a fault is logged once, and the show goes on."""
        try:
            write_atomically(self.path, content)
        except OutputError as error:
            if str(error) != self.fault:
                log.warning("%s", error)
            self.fault = str(error)
        else:
            self.fault = ""
