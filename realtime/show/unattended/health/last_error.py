"""Counts what is logged as a warning or an error, and keeps the last one."""

import logging
import time
from typing import Self


class LastError(logging.Handler):
    """Listens to the root logger within the context; `time` is in seconds since 1970."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warnings = self.errors = 0
        self.text, self.time = "", 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message, in one line."""
        if record.levelno >= logging.ERROR:
            self.errors += 1
        else:
            self.warnings += 1
        self.text, self.time = " ".join(record.getMessage().split()), time.time()

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
