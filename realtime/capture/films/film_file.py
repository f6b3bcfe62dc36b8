"""The bytes of a file, as PyAV and the check for cut off files read them."""

import os
import re
import stat
from pathlib import Path

from models.errors import SourceError
from realtime.imaging.reading.names import shown_name

# Windows has the first; without the second, a pipe that nobody writes to would be waited for
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class FilmFile:
    """An open file; SourceError when it cannot be read.

    FFmpeg gets no name, so that names may be any bytes and never look like a URL, only a suffix, by which it recognizes
    a few formats. The file is closed with `close`, or when nothing refers to it any more.
    """

    def __init__(self, path: Path) -> None:
        self.name = f"film{path.suffix}" if re.fullmatch(r"\.\w{1,5}", path.suffix, re.ASCII) else "film"
        self._descriptor: int | None = None
        try:
            self._descriptor = os.open(path, _FLAGS)
            if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                raise SourceError(f"cannot read '{shown_name(path, whole=True)}': it is not a file")
            self.size = self.seek(0, os.SEEK_END)
            self.seek(0)
        except OSError as error:
            raise SourceError(f"cannot read '{shown_name(path, whole=True)}': {error.strerror}") from error

    def read(self, count: int) -> bytes:
        """The next bytes, at most `count`; none at the end."""
        return os.read(self._open(), count)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file; the place."""
        return os.lseek(self._open(), offset, whence)

    def tell(self) -> int:
        """The place in the file."""
        return os.lseek(self._open(), 0, os.SEEK_CUR)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            raise ValueError("the file is closed")
        return self._descriptor

    def __del__(self) -> None:
        self.close()
