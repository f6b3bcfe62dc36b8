"""The log of a show in a file that stays small, for weeks without anybody who looks after it."""

import logging
import os
import re
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Self

from models.errors import OutputError, VentralError

MOST_BYTES, PARTS = 5_000_000, 5


class LogFile(RotatingFileHandler):
    """Writes what the root logger gets to `path`, up to 5 MB; older parts are `path`.1 to `path`.5.

    A file that is moved or deleted is made anew, and a full disk costs lines, but not the show. An error that ends the
    context is written too. Raises OutputError where the file cannot be written at the start.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._failed = False
        try:
            _require_log(path)
            super().__init__(path, maxBytes=most_bytes, backupCount=PARTS, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise OutputError(f"cannot write the log {path}: {error.strerror}; choose another file") from error
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s"))

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and error is not None:
            details = None if isinstance(error, VentralError) else (kind, error, trace)
            self.handle(
                logging.LogRecord(
                    "ventral", logging.ERROR, "", 0, "the show ended with an error: %s", (error,), details
                )
            )
        logging.getLogger().removeHandler(self)
        self.close()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, to a new file where the old one is no longer under its name."""
        if self.stream is not None and not self._has_its_name(self.stream.fileno()):
            self._leave()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, a name of the base class
        """Say once on stderr that the file cannot be written; the next line is tried again."""
        if not self._failed:
            sys.stderr.write(f"ventral: cannot write the log {self.baseFilename}: {sys.exc_info()[1]}\n")
        self._failed = True
        self._leave()

    def close(self) -> None:
        """Close the file, also where the last line cannot be written."""
        self._leave()
        super().close()

    def _has_its_name(self, number: int) -> bool:
        with suppress(OSError):
            return os.path.samestat(Path(self.baseFilename).stat(), os.fstat(number))
        return False

    def _leave(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _require_log(path: Path) -> None:
    """Raise OutputError for a file that is no log, which would be renamed when it is full."""
    if path.is_fifo():
        raise OutputError(f"cannot write the log {path}: it is a pipe; choose another file")
    if path.is_file():
        with path.open("rb") as file:
            if not re.match(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} |$", file.read(24)):
                raise OutputError(f"{path} is no log of Ventral, and is left alone; choose another file")
