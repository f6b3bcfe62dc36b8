"""What every sink is: pictures go in at a constant rate, and a whole file comes out, or none."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol

from models.errors import OutputError
from realtime.imaging.frame import Image


class Sink(Protocol):
    """A file in the making; a context manager that closes it, or aborts it when its block fails.

    Faults are OutputErrors. One that ends the file before its time has kept what could be kept, and says where.
    """

    path: Path
    fps: float
    frames: int

    def write(self, image: Image) -> None:
        """Append one picture, shown for 1/fps seconds."""

    def close(self) -> None:
        """Finish, check and publish the file."""

    def abort(self) -> None:
        """Leave nothing behind."""

    def hurry(self) -> None:
        """From another thread: make a `write` or `close` that takes too long fail."""

    def require_pictures(self) -> None:
        """Abort a file that nothing was written to."""
        if not self.frames:
            self.abort()
            raise OutputError(f"{self.path} was not written: no picture came")

    def __enter__(self) -> Sink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abort()
