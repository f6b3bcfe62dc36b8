"""Output paths: checks before work starts, free names, and partial files that are published when complete."""

import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from models.errors import OutputError
from models.files import check_replaceable, output_errors, sync

SUFFIXES = (".mp4", ".gif", ".png", ".json")
MARK = ".ventral-part"  # part of the name of every unfinished file; files with it may be recovered or deleted
MIN_FREE_AT_START = 1_000_000_000  # free bytes required to start writing
MIN_FREE = 500_000_000  # free bytes required while writing


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of a folder."""
    return shutil.disk_usage(folder).free


def check_writable(path: Path, *, force: bool = False, suffixes: Collection[str] = SUFFIXES) -> Path:
    """Return `path` if it can be written; raise OutputError with the reason otherwise, before any work is lost."""
    if MARK in path.name:
        raise OutputError(f"cannot write {path}: {MARK} marks unfinished files; choose another name")
    if path.suffix.lower() not in suffixes:
        raise OutputError(f"cannot write {path}: its name must end in {' or '.join(suffixes)}")
    _check_folder(path.parent)
    check_replaceable(path, force=force)
    return path


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise OutputError(f"cannot write to {folder}: there is no such folder; create it or choose another")
    with output_errors(folder), tempfile.TemporaryFile(dir=folder):  # os.access is always true for root
        free = free_bytes(folder)
    if free < MIN_FREE_AT_START:
        raise OutputError(f"cannot write to {folder}: only {free / 1e6:.0f} MB are free, but 1000 MB are needed")


def new_path(folder: Path, suffix: str, *, in_use: Collection[Path] = ()) -> Path:
    """A new name with the current time, such as ventral-20261120-101530.gif, that is not in `in_use`."""
    stems = {each.stem for each in in_use}
    first = folder / f"ventral-{time.strftime('%Y%m%d-%H%M%S')}{suffix}"
    return numbered(first, lambda path: path.stem in stems or any(folder.glob(f"{path.stem}.*")))


def numbered(path: Path, in_use: Callable[[Path], bool]) -> Path:
    """`path`, or the first of name-2, name-3 ... next to it that is not in use."""
    others = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))
    return next(each for each in itertools.chain([path], others) if not in_use(each))


def part(path: Path) -> Path:
    """The name of the unfinished file for `path`: show.mp4 -> show.ventral-part.mp4."""
    return path.with_name(f"{path.stem}{MARK}{path.suffix}")


class PartialFile:
    """A file that is being written at `part` and then published or discarded.

    It is locked while this process or a child that inherits `handles` runs, which distinguishes it from the partial
    file of a killed process. Raises OutputError when another process has the lock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = part(path)
        with output_errors(self.part):
            self._file = self.part.open("ab")
        try:
            self.locked = _lock(self._file)
        except BlockingIOError:
            self._file.close()
            raise OutputError(f"{path} is being written already; wait for it or choose another name") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.publish(self.path)
        else:
            self.discard()

    @property
    def handles(self) -> tuple[int, ...]:
        """The file descriptor with the lock, for a child process to inherit."""
        return () if sys.platform == "win32" else (self._file.fileno(),)

    def publish(self, path: Path) -> Path:
        """Flush the file to the disk and rename it to `path`, which is returned."""
        with output_errors(path):
            sync(self.part)
            self._close_on_windows()
            self.part.replace(path)
        self._file.close()
        return path

    def discard(self) -> None:
        """Delete the file."""
        self._close_on_windows()
        with suppress(OSError):
            self.part.unlink(missing_ok=True)
        self._file.close()

    def leave(self) -> None:
        """Leave the file as it is, unlocked."""
        self._file.close()

    def _close_on_windows(self) -> None:
        """Windows can neither rename nor delete an open file."""
        if sys.platform == "win32":
            self._file.close()


if sys.platform == "win32":

    def _lock(_file: IO[bytes]) -> bool:
        """On Windows an open file is locked already."""
        return True

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        """Lock the file or raise BlockingIOError; False where the file system has no locks."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            return False
        return True
