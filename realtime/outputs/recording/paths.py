"""Where results go: names that are claimed before work starts, and drafts that become files when whole."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from models.errors import OutputError

SUFFIXES = (".mp4", ".gif", ".png", ".json")
MARK = ".ventral-part"
"""In the name of every file in the making: what bears it is ours to finish or to throw away."""

FREE_TO_START = 1_000_000_000
"""Bytes that must be free before something is begun."""

FREE_TO_GO_ON = 500_000_000
"""Bytes that must stay free while something is written."""


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder."""
    return shutil.disk_usage(folder).free


def claim(path: Path, *, force: bool = False, suffixes: Collection[str] = SUFFIXES) -> Path:
    """`path`, when it can be written; else an OutputError that says why not, before any work is lost."""
    if MARK in path.name:
        raise OutputError(f"cannot write {path}: {MARK} marks files in the making; choose another name")
    if path.suffix.lower() not in suffixes:
        raise OutputError(f"cannot write {path}: its name must end in {' or '.join(suffixes)}")
    _check_folder(path.parent)
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder; name a file in it")
    if path.exists() and not force:
        raise OutputError(f"{path} exists already; choose another name, or use --force to replace it")
    return path


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise OutputError(f"cannot write to {folder}: there is no such folder; create it or choose another")
    with telling(folder), tempfile.TemporaryFile(dir=folder):  # asking for rights says yes to root on any disk
        free = free_bytes(folder)
    if free < FREE_TO_START:
        raise OutputError(f"cannot write to {folder}: only {free / 1e6:.0f} MB are free, 1000 MB are needed")


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn what the system says about `path` into an OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; choose a place that can be written and has room"
        ) from error


def new_path(folder: Path, suffix: str, *, taken: Collection[Path] = ()) -> Path:
    """A new name of the present second, such as ventral-20261120-101530.gif; `taken` ones are passed over."""
    stems = {each.stem for each in taken}
    first = folder / f"ventral-{time.strftime('%Y%m%d-%H%M%S')}{suffix}"
    return numbered(first, lambda path: path.stem in stems or any(folder.glob(f"{path.stem}.*")))


def numbered(path: Path, taken: Callable[[Path], bool]) -> Path:
    """`path`, or the first of name-2, name-3 ... beside it that is not taken."""
    others = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))
    return next(each for each in itertools.chain([path], others) if not taken(each))


def part(path: Path) -> Path:
    """The name beside `path` that is written until it is whole: show.mp4 -> show.ventral-part.mp4."""
    return path.with_name(f"{path.stem}{MARK}{path.suffix}")


class PartialFile:
    """A file that is being written at `part`; it is published whole or discarded.

    The draft is locked while this process or a child that inherits `handles` lives, so that a killed run's
    draft can be told from one that is still being written. Raises OutputError when another has the lock.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = part(path)
        with telling(self.part):
            self._file = self.part.open("ab")
        try:
            self.locked = _lock(self._file)
        except BlockingIOError:
            self._file.close()
            raise OutputError(f"{path} is being written already; wait for it or choose another name") from None

    def __enter__(self) -> PartialFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.publish(self.path)
        else:
            self.discard()

    @property
    def handles(self) -> tuple[int, ...]:
        """The file descriptor that carries the lock, for a child to inherit."""
        return () if sys.platform == "win32" else (self._file.fileno(),)

    def publish(self, path: Path) -> Path:
        """Make the draft safe on the disk and give it its final name, which is returned."""
        with telling(path):
            with self.part.open("rb+") as file:
                os.fsync(file.fileno())
            self._let_go()
            self.part.replace(path)
        self._file.close()
        return path

    def discard(self) -> None:
        """Leave nothing behind."""
        self._let_go()
        with suppress(OSError):
            self.part.unlink(missing_ok=True)
        self._file.close()

    def leave(self) -> None:
        """Keep the draft as it is, unlocked."""
        self._file.close()

    def _let_go(self) -> None:
        """Close the file where an open one can be neither renamed nor deleted."""
        if sys.platform == "win32":
            self._file.close()


if sys.platform == "win32":

    def _lock(_file: IO[bytes]) -> bool:
        """An open file is safe from others: lock enough."""
        return True

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        """Lock, or raise BlockingIOError; some network disks have no locks, and False tells."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            return False
        return True
