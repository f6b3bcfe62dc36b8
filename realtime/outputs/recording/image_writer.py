"""The interface of every file writer: images go in, and a complete file comes out, or none."""

from pathlib import Path
from typing import Protocol, Self

from models.errors import OutputError
from realtime.imaging.frame import Image


class ImageWriter(Protocol):
    """A file being written; a context manager that closes it, or aborts it when its block fails.

    Failures raise OutputError. When a file ends early, what was written is kept, and the error says where. After
    `close`, `note` says what the user should know of the file. `progress` is how much of it is made, 0 to 1, where that
    is made at the end.
    """

    path: Path
    fps: float
    frames: int
    note: str = ""
    progress: float = 0.0

    def write(self, image: Image) -> None:
        """Append one image, shown for 1/fps seconds."""

    def hold(self, frames: int) -> None:
        """Show the last image for `frames` / fps seconds more; its array must not have changed."""
        return

    @property
    def size(self) -> int:
        """The bytes that the file would have now, from any thread; an estimate."""
        return 0

    def close(self) -> None:
        """Finish, check and publish the file."""

    def abort(self) -> None:
        """Leave no file."""
        return

    def give_up_encoding(self) -> None:
        """From another thread: make a slow `write` fail and keep what was written; a conversion goes on."""
        return

    def interrupt(self) -> None:
        """From another thread: make a slow `write` or `close` fail and keep what was written."""
        return

    def end_conversion(self) -> None:
        """In a signal: end the process of a conversion, which would go on alone."""
        return

    def require_frames(self) -> None:
        """Abort a file without frames."""
        if not self.frames:
            self.abort()
            raise OutputError(f"{self.path} was not written: there was no frame")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()
